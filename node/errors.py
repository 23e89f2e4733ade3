"""What only a desk refuses; see `sync.errors` for the root of the tree."""

from __future__ import annotations

from sync.errors import MrnmeshError, TerminalError


class OtherTerminal(TerminalError):
    """This is the desk {here}; it registers nobody for {terminal}. Leave origin_terminal_code out, or send this to {terminal}."""

    code = "other_terminal"
    status = 409


class ReadOnlyHere(MrnmeshError):
    """A desk only shows conflicts. Resolve them at the coordinator: `mrnmesh-conflicts resolve`."""

    code = "read_only_here"
    status = 403


class CannotAsk(MrnmeshError):
    """Nothing was asked for: {why}. Look at the record again."""

    code = "cannot_ask"
    status = 409


class NotToReprint(MrnmeshError):
    """Nothing was marked as printed: {why}. Look at `mrnmesh-node status`, which lists the cards that this desk has to print."""

    code = "not_to_reprint"
    status = 409


class ForAdministrator(MrnmeshError):
    """This is only for whoever administers this computer. Use `mrnmesh-node looked`, as the user to whom the data folder belongs, while the desk runs."""

    code = "for_administrator"
    status = 403


class KeyNeeded(MrnmeshError):
    """A call from another computer needs a key of this desk: send the header 'Authorization: Bearer KEY'. Make one at the desk: `mrnmesh-node keys add NAME`."""

    code = "key_needed"
    status = 401


class KeyUnknown(KeyNeeded):
    """This key is none of this desk: it was mistyped, withdrawn, or is of another desk. Make one at the desk: `mrnmesh-node keys add NAME`."""

    code = "key_not_good"


class KeyNameTaken(MrnmeshError):
    """There is a key of {name} already. Withdraw it first (`mrnmesh-node keys withdraw`), or choose another name."""

    code = "key_name_taken"
    status = 409


class KeyMissing(MrnmeshError):
    """There is no key of {name}. See which there are with `mrnmesh-node keys list`, and correct the name."""

    code = "key_missing"
    status = 404


class WrongAuthority(MrnmeshError):
    """What answers at {address} is not the coordinator that the code comes from: it has another key. Nothing of the code was sent. Ask the administrator whether the address is right, and name the right one with --coordinator."""

    code = "wrong_authority"


class EnrolmentUnreachable(MrnmeshError):
    """Nobody lets desks in at {address}: {why}. Nothing was changed. See whether the coordinator runs, the code is still good, and its firewall lets that port through; or name another address with --coordinator."""

    code = "enrolment_unreachable"


class CoordinatorNotFound(MrnmeshError):
    """No coordinator was found on this network. Nothing was changed. See whether the code is still good and both computers are on the same network; or name the coordinator's computer with --coordinator HOST, as the administrator reads it from his screen."""

    code = "coordinator_not_found"


class EnrolmentRefused(MrnmeshError):
    """The coordinator has refused to let this desk in: {detail}"""

    code = "enrolment_refused"


class OtherCoordinator(MrnmeshError):
    """{terminal} belongs to another coordinator than the code or the answer: it trusts the key {key}. Nothing was changed. Ask for a code of its own coordinator. If this is its own, restored from a backup that is older than that key, the administrator names the key: `mrnmesh-coordinator signing-key replace --lost --former KEY --here stolen`. If its own is gone for good, enrol this computer with another data folder (--data), and let the administrator bring in what is in this one (`mrnmesh-coordinator terminals salvage`)."""

    code = "other_coordinator"


class EnrolledAs(MrnmeshError):
    """The desk in {path} is {terminal} already. Leave the terminal code out, or name another data folder (--data) for another desk."""

    code = "enrolled_as"


class RequestMissing(MrnmeshError):
    """In {path} is no request that this answer belongs to. Write one first, in the same data folder: `mrnmesh-node enrol --offline CODE`."""

    code = "request_missing"


class AnswerOfAnother(MrnmeshError):
    """The answer {path} is for another desk, for an earlier request of this one, or of before the coordinator replaced its authority. Nothing was changed. Take the newest request to the coordinator, and bring back the answer that it writes."""

    code = "answer_of_another"


class DrillOn(MrnmeshError):
    """A drill is on already, until {ends_at}. End it first: `DELETE /api/drill/`, or Ctrl-C where it was begun."""

    code = "drill_on"
    status = 409


class NoPinHere(MrnmeshError):
    """{name} cannot type a PIN at this desk: {why}. Choose the name without it; it is marked as chosen then."""

    code = "no_pin_here"
    status = 409


class WrongPin(MrnmeshError):
    """That is not the PIN of {name}. Type it again; the next try counts in {seconds} s. If it is forgotten, ask the administrator for a new one."""

    code = "wrong_pin"
    status = 403
    details = ("seconds",)


class PinDelayed(MrnmeshError):
    """Too many wrong PINs were typed for {name}. Wait {seconds} s, then try again; nothing else is held up meanwhile."""

    code = "pin_delayed"
    status = 429
    details = ("seconds",)


class PinNeedsCoordinator(MrnmeshError):
    """The PIN of {name} cannot be changed now, because this desk is not in touch with the coordinator. The former PIN is still good. Try again once the desk is in touch."""

    code = "pin_needs_coordinator"
    status = 503


class PinNotChanged(MrnmeshError):
    """The coordinator has not taken the new PIN of {name} ({reason}). The former one is still good. Sign in again and try once more; if this stays, ask the administrator."""

    code = "pin_not_changed"
    status = 409
    details = ("reason",)


class PinChangeUnanswered(MrnmeshError):
    """The coordinator did not answer in time, so nobody can say here which PIN of {name} counts. Try the new one next time, and the former one if that is refused."""

    code = "pin_change_unanswered"
    status = 504
