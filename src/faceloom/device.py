"""Where networks run and how exactly they compute there, each with the reason for the log."""

from __future__ import annotations

import torch

from faceloom.errors import InputError
from faceloom.runtime import Runtime


def choose_device(requested: str) -> tuple[str, str]:
    """Lightning's accelerator for FACELOOM_DEVICE, and why.

    Raises:
        InputError: a device that this machine or PyTorch does not have.
    """
    if requested == "auto":
        if torch.cuda.is_available():
            return "cuda", f"{torch.cuda.get_device_name()} is there"
        return "cpu", "no CUDA device is there"
    if requested == "cpu" or (requested == "cuda" and torch.cuda.is_available()):
        return requested, "FACELOOM_DEVICE asks for it"
    raise InputError(f"FACELOOM_DEVICE: `{requested}` is not available here; use `auto`, `cpu` or `cuda`.")


def fast_precision() -> tuple[str, str]:
    """Lightning's precision for networks of many convolutions on FACELOOM_DEVICE, and why."""
    if choose_device(Runtime.load().device)[0] == "cuda":
        fast, what = torch.cuda.is_bf16_supported(including_emulation=False), "the GPU"
    else:
        # with AVX-512 alone bfloat16 convolutions run as fast as float32 ones
        fast, what = torch.cpu._is_amx_tile_supported(), "the CPU (AMX)"
    return ("bf16-mixed", f"{what} multiplies bfloat16") if fast else ("32-true", f"{what} has no fast bfloat16")
