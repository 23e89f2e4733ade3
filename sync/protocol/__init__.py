"""What two replicas say to each other and when, without I/O."""
