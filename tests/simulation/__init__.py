"""A clinic with everything that goes wrong in one, in one thread, from one seed.

    python -m tests.simulation --seed 7            # replay a history with its event log
    python -m tests.simulation --seed 1 --seeds 500

Real stores, gate, fold, sessions and coordinator; the simulation owns network, clock, randomness
and the moments at which a process dies. After every heal `invariants` checks what must never
happen, on all replicas.
"""
