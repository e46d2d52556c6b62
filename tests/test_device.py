import torch

from faceloom.tasks import trainer


def test_precision_says_why(monkeypatch):
    monkeypatch.setenv("FACELOOM_DEVICE", "cpu")
    for supported, precision in ((True, "bf16-mixed"), (False, "32-true")):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda supported=supported: supported)
        found, why = trainer.fast_precision()
        assert found == precision
        assert "bfloat16" in why
