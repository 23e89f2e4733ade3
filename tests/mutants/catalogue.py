"""The mutants: a file, a text in it that is there once, what stands there instead, who catches it.

``by`` is `NARROW` or `WIDE` for histories of the simulator, or the id of a test for what no history
shows; then ``why`` says why not.
"""

from __future__ import annotations

from typing import Final, NamedTuple

NARROW: Final = "narrow"
WIDE: Final = "wide"


class Mutant(NamedTuple):
    """One mistake."""

    name: str
    file: str
    old: str
    new: str
    by: str = NARROW
    why: str = ""


_WITNESS: Final = "sync/witness/memory.py"
_WITNESS_FILE: Final = "sync/witness/file.py"
_ISSUING: Final = "sync/engine/issuing.py"
_WRITER: Final = "sync/engine/writer.py"
_EXCHANGE: Final = "sync/engine/exchange.py"
_TRANSACTION: Final = "sync/engine/transaction.py"
_FOLD: Final = "sync/engine/fold.py"
_CLAIMS: Final = "sync/engine/records/claims.py"
_ADMISSION: Final = "sync/rules/admission.py"
_REGISTRY: Final = "sync/rules/registry.py"
_ARBITER: Final = "coordinator/judging/arbiter.py"
_RECOVERY: Final = "coordinator/judging/recovery.py"
_TERMINALS: Final = "coordinator/registry/terminals.py"
_BACKUP: Final = "sync/upkeep/backup.py"
_MERGING: Final = "sync/rules/merging.py"
_MERGES: Final = "sync/engine/merging.py"
_PAIRS: Final = "sync/rules/pairs.py"

MUTANTS: Final = (
    # what is on disk when a number is told
    Mutant("no_full", "sync/storage/schema.py", '"synchronous": 2', '"synchronous": 1', WIDE),
    Mutant("witness_not_synced", _WITNESS_FILE, "            os.fsync(file.fileno())\n", "", WIDE),
    Mutant(
        "witness_name_not_synced",
        _WITNESS_FILE,
        "        if fresh:\n            files.sync_folder(self.path.parent)\n",
        "",
        WIDE,
    ),
    Mutant(
        "witness_one_slot",
        _WITNESS_FILE,
        "slot = sequence % 2",
        "slot = 0",
        by="tests/sync/witness/test_memory.py",
        why="a cut must fall into the one write of a few hundred bytes",
    ),
    Mutant("witness_older_slot", _WITNESS_FILE, "= max(found, key", "= min(found, key", WIDE),
    Mutant(
        "not_witnessed",
        _WRITER,
        "if self._witness is not None and tx.intents:\n            self._witness.intend",
        "if False:\n            self._witness.intend",
        WIDE,
    ),
    Mutant(
        "serial_not_witnessed",
        "sync/witness/steps.py",
        "if serial > known:",
        "if False:",
        WIDE,
    ),
    Mutant(
        "key_of_one_caller_told_to_all",
        _ISSUING,
        "draft.shared_key or draft.key",
        "draft.key",
        by="tests/sync/engine/test_issuing.py",
        why="histories have one program at each machine",
    ),
    Mutant(
        "intended_number_issued_again",
        _WITNESS,
        "return left.number if left is not None else 0",
        "return 0",
        by="tests/sync/witness/test_memory.py",
        why="a process must die between two writes, and its number must have been seen",
    ),
    Mutant(
        "failed_commit_not_withdrawn",
        _WRITER,
        "            self._witness.withdraw()",
        "            self._witness.took()",
        by="tests/sync/engine/test_writer.py",
        why="the range is closed, which breaks no promise",
    ),
    Mutant(
        "log_begun_anew_in_doubt",
        _WRITER,
        "            self.store.note_wal(doubt.before)",
        "            pass",
        by="tests/sync/engine/test_writer.py",
        why="a history has no write-ahead log of its own",
    ),
    Mutant(
        "failed_commit_forgotten",
        _WITNESS,
        "intents[name] = intents[name].or_failed(failed)",
        "pass",
        by="tests/sync/witness/test_memory.py",
        why="a commit that failed comes to light in no history",
    ),
    Mutant(
        "lock_not_taken",
        _WITNESS_FILE,
        "            self._lock = FileLock(lock, WitnessInUse(path=self.path))",
        "            pass",
        by="tests/sync/witness/test_file.py",
        why="a history has one process for each folder",
    ),
    Mutant("backup_not_synced", _BACKUP, "        files.sync_file(file)\n", "", WIDE),
    Mutant("backup_name_not_synced", _BACKUP, "            files.sync_folder(folder)\n", "", WIDE),
    # which number is issued
    Mutant(
        "cursor_not_moved",
        _ISSUING,
        "tx.store.cursors.move(cursor.range.start, number)",
        "tx.store.cursors.all()",
    ),
    Mutant(
        "seen_number_issued",
        _ISSUING,
        "islice(tx.store.number_sets.lacking(USED, first, range_.end), count)",
        "islice(range(first, range_.end + 1), count)",
    ),
    Mutant(
        "look_alike_issued",
        _CLAIMS,
        "placed(text, standing.mrn, look_alike)",
        "placed(text, standing.mrn)",
        by="tests/sync/engine/records/test_claims.py",
        why="desks of histories claim no number in another spelling",
    ),
    Mutant(
        "forgotten_block_granted",
        "coordinator/registry/pool.py",
        " and not any(map(self._is_in_doubt, claiming))",
        "",
        by="tests/coordinator/registry/test_pool_claims.py",
        why="desks of histories claim no number of a block that nobody was granted",
    ),
    Mutant(
        "supplied_number_in_use",
        _ISSUING,
        "    if tx.store.numbers.is_used(mrn):\n        raise MrnConflict()\n",
        "",
    ),
    Mutant(
        "supplied_below_uncounted",
        _ISSUING,
        "tx.store.meta.set_supplied_below(range_, below + 1)",
        "pass",
        by="tests/sync/engine/test_issuing.py",
        why="the same number below a mark is seldom supplied twice",
    ),
    Mutant(
        "in_doubt_forgotten",
        _ISSUING,
        "    if given > cursor.cursor:\n",
        "    if False:\n",
        by="tests/sync/engine/test_issuing.py",
        why="the very number that a set-back desk has lost is seldom supplied later",
    ),
    Mutant(
        "in_doubt_supplied",
        _ISSUING,
        "    if _may_have_been_given(tx, cursor, number, witness):\n",
        "    if False:\n",
        by="tests/sync/engine/test_issuing.py",
        why="one narrow history of 300 shows it",
    ),
    Mutant(
        "witness_ahead_ignored",
        _WITNESS,
        "if mark is not None and mark > cursor.cursor:",
        "if False:",
        by="tests/sync/witness/test_memory.py",
        why="the numbers that it knew of are mostly back before it issues",
    ),
    Mutant(
        "witness_lost_ignored",
        _WITNESS,
        "if mark is None and not fresh:",
        "if False:",
        by="tests/sync/witness/test_memory.py",
        why="a history that loses a witness loses all of it, and that is refused before",
    ),
    Mutant(
        "witness_below_ignored",
        _WITNESS,
        "if self.marks.get(below_name(cursor.range), 0) > below:",
        "if False:",
        by="tests/sync/engine/test_issuing.py",
        why="the same number below a mark is seldom supplied twice",
    ),
    Mutant(
        "own_past_unnoticed",
        _TRANSACTION,
        "            self.met_own_past = True",
        "            self.met_own_past = False",
    ),
    Mutant(
        "ranges_overlap",
        _TERMINALS,
        "        if block.range.overlaps(range_):",
        "        if False:",
    ),
    Mutant(
        "range_of_used_numbers",
        _TERMINALS,
        "    if used is not None and not some_claimed:",
        "    if False:",
        by="tests/coordinator/registry/test_terminals.py",
        why="ranges of histories lie above all numbers",
    ),
    Mutant(
        "pool_closed_ignored",
        "coordinator/registry/pool.py",
        "        if closed.overlaps(range_):\n            raise RangeOverlap(",
        "        if False:\n            raise RangeOverlap(",
        by="tests/coordinator/registry/test_pool.py",
        why="ranges of histories that are granted by hand lie in no pool",
    ),
    # what a desk makes the coordinator write
    Mutant(
        "registry_without_limit",
        "coordinator/registry/quotas.py",
        "    if _is_spent(meta, code, what, now_ms) and not is_lifted(tx, code, now_ms):\n"
        "        return False\n",
        "",
        by="tests/coordinator/registry/test_caused_by_peers.py",
        why="no desk of a history is restored that often",
    ),
    Mutant(
        "code_lets_in_again_and_again",
        "coordinator/registry/enrolments.py",
        "    if found.key and is_at_work(tx, found.terminal, found.key):\n        return found\n",
        "",
        by="tests/coordinator/registry/test_caused_by_peers.py",
        why="in histories nobody shows a code again in another life",
    ),
    # grants, serials and recovery
    Mutant(
        "serials_not_skipped",
        _RECOVERY,
        "            self._go_on_above(tx, serial, intended, was_put_back)\n",
        "            pass\n",
    ),
    Mutant(
        "missing_serials_ignored",
        _RECOVERY,
        "            or missing_entries(tx)\n",
        "",
        by="tests/coordinator/judging/test_forgotten.py",
        why="a range that only its own desk knows of is seldom the next one that is granted",
    ),
    Mutant(
        "set_back_unnoticed",
        _RECOVERY,
        "        elif witness.committed(SERIAL) > tx.serial or any(",
        "        elif any(",
        by="tests/coordinator/judging/test_forgotten.py",
        why="a desk that brings the facts back begins the recovery too",
    ),
    Mutant(
        "gives_in_recovery",
        _RECOVERY,
        "        if why is not None:\n            waiting",
        "        if False:\n            waiting",
    ),
    Mutant(
        "one_merge_ends_recovery",
        _RECOVERY,
        "            or self.waiting_for(tx)\n",
        "",
        by="tests/coordinator/judging/test_recovery.py",
        why="what the others bring later is seldom in the way of what was given",
    ),
    Mutant(
        "recovery_keeps_ranges",
        _RECOVERY,
        "tx.store.cursors.close(cursor.range.start, reasons.COORDINATOR_RESTORED)",
        "pass",
        by="tests/coordinator/judging/test_recovery.py",
        why="in histories of this length recovery is over before it matters",
    ),
    Mutant(
        "no_gap_after_recovery",
        _RECOVERY,
        "_raise_day_floors(tx, gap)",
        "_raise_day_floors(tx, 0)",
        by="tests/coordinator/judging/test_recovery.py",
        why="it matters for a day with thousands of numbers",
    ),
    Mutant(
        "no_gap_on_days_unknown_after_recovery",
        _RECOVERY,
        "self.day(min(last, LATEST_MS)), gap)",
        "self.day(min(last, LATEST_MS)), 0)",
        by="tests/coordinator/judging/test_recovery.py",
        why="in histories of this length recovery is over before it matters",
    ),
    Mutant(
        "an_administrators_word_proves_the_time",
        "sync/engine/writer.py",
        "self.believed.is_agreed",
        "self.believed.is_sure",
        by="tests/test_time.py",
        why="it takes a wrong word in a recovery, and a right one after it",
    ),
    Mutant(
        "skipped_serials_taken_for_whole",
        "sync/rules/serials.py",
        "in_doubt = [*missing(given, accounts), *unproved(given, accounts)]",
        "in_doubt = missing(given, accounts)",
        by="tests/coordinator/judging/test_restored_again.py",
        why="a backup of a recovery must be restored, and then one desk know of what another lacks",
    ),
    Mutant(
        "forgotten_ranges_need_no_word",
        "coordinator/registry/pool.py",
        "    if tx.store.meta.ranges_forgotten:",
        "    if False:",
    ),
    Mutant(
        "another_past_taken_for_its_own",
        "sync/witness/steps.py",
        "        meta.witness = self._number\n",
        "        return\n",
        by="tests/coordinator/judging/test_forgotten.py",
        why="a whole disk must be put back, and then a folder of before that",
    ),
    Mutant(
        "days_of_two_pasts_meet",
        _RECOVERY,
        "DAY_GAP + self._random_number() % DAY_SPREAD",
        "DAY_GAP",
        by="tests/coordinator/judging/test_forgotten.py",
        why="histories of several hundred events showed it",
    ),
    Mutant(
        "number_of_an_earlier_day_forgotten",
        _RECOVERY,
        "_raise_day_floors(tx, min(serial - tx.serial, DAY_GAP),",
        "_raise_day_floors(tx, 0,",
        by="tests/coordinator/judging/test_forgotten.py",
        why="a history of a thousand events showed it",
    ),
    Mutant(
        "day_floor_ignored",
        _ARBITER,
        "max(tx.store.numbers.day_mark(day), self.recovery.day_floor(tx, day)) + 1",
        "tx.store.numbers.day_mark(day) + 1",
        by="tests/coordinator/judging/test_recovery.py",
        why="in histories of this length recovery is over before it matters",
    ),
    Mutant(
        "judges_in_recovery",
        _ARBITER,
        "        if not arrived or self.recovery.is_on(tx):",
        "        if not arrived:",
        by="tests/coordinator/judging/test_recovery.py",
        why="in histories of this length recovery is over before it matters",
    ),
    Mutant(
        "restored_without_recovery",
        "coordinator/backups.py",
        "    recovery.begin_restored(unpacked.store, reasons.restored(when))\n",
        "",
        by="tests/coordinator/test_backups.py",
        why="the old witness, whose marks the new one gets, begins the recovery too",
    ),
    Mutant(
        "second_grant_on_retry",
        _ARBITER,
        "        mrn = self._granted_before(tx, record, terminal)\n",
        "        mrn = None\n",
    ),
    Mutant(
        "serial_not_counted",
        _TRANSACTION,
        "        self._serial = self.serial + 1\n        return self._serial\n",
        "        return self.serial + 1\n",
    ),
    Mutant(
        "serials_left_out_unsaid",
        _TRANSACTION,
        "        self.append(facts.REGISTRY, facts.SERIALS, facts.NO_RECORD, bodies.write(fact))\n",
        "",
    ),
    Mutant(
        "recovery_unheard_of",
        _ARBITER,
        "self.recovery.begin(tx, reasons.LOST_RECORDS)",
        "self.recovery.is_on(tx)",
        by="tests/coordinator/judging/test_recovery.py",
        why="the witness of a coordinator that was set back begins the recovery before",
    ),
    # who may write, and what enters
    Mutant(
        "no_signature_check",
        "sync/rules/gate.py",
        "    if not verify(key, batch.signature,",
        "    if not verify and not verify(key, batch.signature,",
    ),
    Mutant(
        "withdrawn_key_syncs",
        _REGISTRY,
        "and key in terminal.live_keys",
        "and key in terminal.keys | terminal.withdrawn",
    ),
    Mutant(
        "ended_terminal_syncs",
        _REGISTRY,
        "terminal is not None and terminal.state in _SYNCING and key",
        "terminal is not None and key",
        by="tests/sync/rules/test_registry.py",
        why="the keys of an ended terminal are withdrawn as well",
    ),
    Mutant(
        "withdrawn_key_forgotten",
        _REGISTRY,
        "return terminal.keys | terminal.withdrawn if terminal",
        "return terminal.live_keys if terminal",
    ),
    Mutant("revoked_is_admitted", _ADMISSION, "    if revoked:\n", "    if False:\n"),
    Mutant(
        "branch_unseen",
        _EXCHANGE,
        "link_at(wish.author, wish.shard, run, end.length) == end.link\n",
        "link_at(wish.author, wish.shard, run, end.length)\n",
    ),
    Mutant(
        "digest_stale",
        _WRITER,
        "            self.digests.touch(author, number)",
        "            pass",
    ),
    Mutant(
        "branch_appended",
        _TRANSACTION,
        "        if not accepted.branch:\n            return run\n",
        "        return run\n",
    ),
    Mutant(
        "signature_not_kept",
        _TRANSACTION,
        "        if batch.length > run.signed or run.signed_link is None:",
        "        if run.signed_link is None:",
    ),
    Mutant(
        "failed_transaction_stays",
        _WRITER,
        "        if self.store.connection.in_transaction:\n",
        "        if False:\n",
    ),
    Mutant(
        "document_outlives_failure",
        _WRITER,
        "        self._roll_back()\n        self._documents.drop(self._random_client())\n",
        "        self._roll_back()\n",
    ),
    Mutant(
        "tail_never_signed",
        _EXCHANGE,
        "        self._writer.sign_tails()\n        return self._writer.digests.roots()",
        "        return self._writer.digests.roots()",
    ),
    Mutant(
        "key_of_nobody_counts",
        _EXCHANGE,
        "            keys = tx.registry.keys_of(batch.author)",
        "            keys = frozenset().union(*map(tx.registry.keys_of, tx.registry.terminals))",
    ),
    # who holds a number
    Mutant("holder_by_arrival", _ADMISSION, "serial, claim.fact)", 'serial, b"")'),
    Mutant(
        "verdict_outranked",
        _ADMISSION,
        "-claim.resolved, not claim.admitted, serial",
        "-claim.resolved, False, serial",
        by="tests/sync/rules/test_admission.py",
        why="verdicts follow the same order, so both disagree only after rival verdicts",
    ),
    Mutant(
        "admission_undone",
        _ADMISSION,
        "return Judged(self.admitted or admitted, min",
        "return Judged(admitted, min",
        by="tests/sync/rules/test_admission.py",
        why="two verdicts that differ need two coordinators, and a branch that both judged",
    ),
    Mutant(
        "beaten_is_admitted",
        _ADMISSION,
        "    if numbered and beaten:  # even if",
        "    if False and beaten:  # even if",
        by="tests/sync/rules/test_admission.py",
        why="who holds a number beats the rest by rank as well",
    ),
    Mutant(
        "unreported",
        _ADMISSION,
        "    if holds and refused is None and not",
        "    if refused is None and not",
    ),
    Mutant(
        "rival_unnoticed",
        _FOLD,
        "            if len(claimants) > 1 or mrn in taken or not standing.candidate:",
        "            if len(claimants) > 1 or not standing.candidate:",
    ),
    Mutant(
        "late_range_ignored",
        _FOLD,
        "        self._due.claims.update(self._rivals.within(again))\n",
        "",
    ),
    Mutant(
        "moved_mark_covers_as_before",
        _REGISTRY,
        "(block.terminal, block.allocator, block.mark, block.serial)\n",
        "(block.terminal, block.allocator, 0, block.serial)\n",
        by="tests/sync/engine/test_bounds.py",
        why="in histories a range is handed over before two people claim a number of it",
    ),
    Mutant(
        "registry_forgets_what_was",
        _REGISTRY,
        "(*before.get(of, ()), *more)",
        "(*more,)",
    ),
    Mutant(
        "late_grant_ignored",
        _FOLD,
        " of another one the grant covers it.\n            self._due.standings.add(row.id)\n",
        " of another one the grant covers it.\n            pass\n",
    ),
    Mutant(
        "late_record_uncorrected",
        "sync/engine/corrections.py",
        "        self._due.corrected |= self._amendments.amended(list(arrived))\n",
        "",
    ),
    Mutant(
        "stray_claim_moves_mark",
        _CLAIMS,
        "                if claim.is_issued(block):",
        "                if block.terminal == claim.terminal:",
    ),
    Mutant(
        "verdict_below_a_branch_lost",
        "sync/engine/verdicts.py",
        "        while first < run.base and run.parent is not None:\n",
        "        while False and run.parent is not None:\n",
    ),
    Mutant(
        "verdict_of_another_branch",
        "sync/storage/decisions.py",
        "AND client = ? AND last = ? AND link = ?",
        "AND client = ? AND last = ? AND (1 OR link = ?)",
    ),
    Mutant(
        "late_end_of_verdict",
        "sync/engine/verdicts.py",
        "                if verdict.first < first:",
        "                if False:",
    ),
    Mutant(
        "corrections_by_arrival",
        "sync/storage/amendments.py",
        "ORDER BY replaced, hlc DESC, author DESC, fact DESC",
        "ORDER BY replaced, hlc, author DESC, fact DESC",
        by="tests/sync/storage/test_amendments.py",
        why="the index gives corrections in one order on all replicas",
    ),
    Mutant(
        "replaced_correction_counts",
        "sync/storage/amendments.py",
        "ORDER BY replaced, hlc DESC",
        "ORDER BY hlc DESC",
        by="tests/sync/storage/test_amendments.py",
        why="corrections in histories replace nothing",
    ),
    Mutant(
        "registry_by_arrival",
        _REGISTRY,
        "(heads or history, key=lambda entry: (entry.fact.serial, entry.id))",
        "(heads or history, key=lambda entry: entry.fact.serial)",
        by="tests/sync/rules/test_registry.py",
        why="two facts of one serial need two coordinators that were set back alike",
    ),
    Mutant(
        "mildest_state_counts",
        _REGISTRY,
        "strictest = max(heads",
        "strictest = min(heads",
        by="tests/sync/rules/test_registry.py",
        why="rival states need two coordinators that both changed one terminal",
    ),
    Mutant(
        "rival_lives_issue",
        _REGISTRY,
        " or len(incarnations) > 1,",
        ",",
        by="tests/sync/rules/test_registry.py",
        why="rival hand-overs need two coordinators and one range",
    ),
    Mutant(
        "late_range_unmarked",
        _CLAIMS,
        "            highest = self._numbers.highest_issued(range_, body.terminal)",
        "            highest = 0",
    ),
    Mutant(
        "rival_stays_ranked",
        "sync/engine/holders.py",
        "                self._rivals.remove(row.id)\n",
        "                pass\n",
    ),
    Mutant(
        "claim_gone_unnoticed",
        "sync/engine/holders.py",
        "            if row.mrn is not None:\n                due.mrns.add(row.mrn)\n",
        "",
    ),
    # which record counts
    Mutant("ring_left_open_elsewhere", _MERGING, "left_out = max(ring", "left_out = min(ring"),
    Mutant(
        "chain_not_followed",
        _MERGES,
        "for fact in {row.fact: None} | dict.fromkeys(self._merges.above(row.fact)):",
        "for fact in (row.fact,):",
    ),
    Mutant(
        "pair_holds_after_a_correction",
        _PAIRS,
        "_same(fact.seen_one, shown(fact.one)) and ",
        "",
    ),
    Mutant(
        "pair_not_looked_at_again",
        "sync/engine/records/pairs.py",
        "self._due.pairs |= self._pairs.with_any(self._reached())",
        "pass",
    ),
    Mutant(
        "pair_of_rivals_hidden",
        _PAIRS,
        "if not all(one.fact.two_people for one in last):",
        "if not any(one.fact.two_people for one in last):",
        "tests/sync/rules/test_pairs.py",
        "two coordinators must decide otherwise about one pair, with nothing corrected",
    ),
    Mutant(
        "taken_fields_not_passed_on",
        "sync/engine/corrections.py",
        "                        self._pass_on(row)\n",
        "                        pass\n",
        by="tests/sync/engine/test_merging.py",
        why="a correction must follow a merge that takes that very field",
    ),
    Mutant(
        "survivor_that_comes_late_takes_nothing",
        _FOLD,
        "self._merges.apply(arrived if self._has_decisions else ())",
        "self._merges.apply(())",
        by="tests/sync/engine/test_merging.py",
        why="desks hear of people before they hear of decisions about them, nearly always",
    ),
    Mutant(
        "merge_of_a_former_record",
        "coordinator/judging/merging.py",
        "    for row in (former, survivor):\n        require_survivor(tx, row)\n",
        "",
        by="tests/coordinator/judging/test_merging.py",
        why="what it writes folds to one survivor like what two coordinators write",
    ),
    Mutant(
        "witness_of_another_copy",
        _WITNESS,
        "        if not self.belongs:\n",
        "        if False:\n",
    ),
    Mutant(
        "newest_number_forgotten",
        _WITNESS,
        "newest is not None and known.has(newest) is False",
        "False",
        by="tests/node/test_accidents.py",
        why="a whole disk must be put back, and then a folder of before that",
    ),
    Mutant(
        "gone_on_without_the_intended",
        _WITNESS,
        "    if not left.facts or used.cursor.closed == reasons.COPY_OF_MACHINE:\n",
        "    if True:\n",
        by="tests/node/test_accidents.py",
        why="as before, and the process must have died",
    ),
    Mutant(
        "ranges_of_another_past_go_on",
        "node/backups.py",
        "    if apart - noticed:\n",
        "    if False:\n",
        by="tests/node/test_accidents.py",
        why="as before",
    ),
    # what clients are told
    Mutant(
        "feed_row_lost",
        _WRITER,
        "tx.effects.feed.entries)",
        "list(tx.effects.feed.entries)[1:])",
        WIDE,
    ),
    Mutant(
        "key_reused",
        _ISSUING,
        "            if request != draft.request:",
        "            if False:",
        WIDE,
    ),
    Mutant(
        "number_of_another_record",
        _ISSUING,
        "if grant.terminal == terminal and not tx.store.numbers.is_used(grant.mrn):",
        "if grant.terminal == terminal:",
    ),
    Mutant(
        "stolen_facts_stay",
        "node/enrolment/adopting.py",
        "            _drop(store, copy)  # and with it",
        "            pass  # and with it",
    ),
)
