"""How long a test waits for what must come: on a slow or busy machine it only comes later."""

PATIENCE_S = 600.0
