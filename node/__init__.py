"""The daemon of one desk: its database, its local interface and its link to the coordinator."""
