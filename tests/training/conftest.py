"""One thread: on shared cores PyTorch's threads wait for each other longer than they work."""

import torch

torch.set_num_threads(1)
