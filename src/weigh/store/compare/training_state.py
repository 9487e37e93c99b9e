"""Which tensors of a checkpoint belong to training and take no part in the model's answers."""

_TOP = frozenset((
    "optimizer", "optimizers", "optimizer_state", "optimizer_states", "optimizer_state_dict", "optim",
    "scheduler", "schedulers", "scheduler_state_dict", "lr_scheduler", "lr_schedulers", "scaler", "amp",
    "grad_scaler", "rng_state", "random_states", "optimizer_weights", "training_config",
))  # fmt: skip
"""First parts of names, as torch training loops, Lightning, Accelerate and Keras write them."""
_LAST = frozenset(("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer"))
"""Last parts of names: states of torch's optimisers."""


def is_training_state(name: str) -> bool:
    """Whether a tensor of this name belongs to an optimiser or a schedule, as far as names tell."""
    parts = name.replace("/", ".").split(".")
    return parts[0] in _TOP or parts[-1] in _LAST
