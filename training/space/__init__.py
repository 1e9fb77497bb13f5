"""What the search chooses from: operators, gated layers, the network they make, and what each costs."""
