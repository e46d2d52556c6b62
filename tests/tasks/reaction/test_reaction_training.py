import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import toy_packed
from safetensors.torch import load_file

from faceloom.errors import InputError
from faceloom.tasks import trainer
from faceloom.tasks.reaction import checkpoint, data
from faceloom.tasks.reaction.batches import Draws, DyadDataset
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.matching import matching
from faceloom.tasks.reaction.module import ReactionModule, Settings, groups, part, rate
from faceloom.tasks.reaction.train import build, loaders, train

SMALL = {
    "width": 16,
    "layers": 1,
    "heads": 2,
    "frames": 20,
    "batches": 3,
    "batch_size": 4,
    "epochs": 2,
    "warmup": 2,
    "patience": 9,
    "threads": 1,
    "dropout": 0.1,
}


def draws(n, seed=0):
    return [(row, seed + row) for row in range(n)]


def test_a_batch_is_of_real_dyads_and_strangers(packed):
    found = data.load(packed)
    dataset = DyadDataset(found, "train", frames=60)
    batch = dataset[draws(len(dataset))]
    assert len(dataset) == 20
    assert batch["speaker/facial"].shape == (20, 60, 25)
    assert batch["clip/functionals"].shape == (20, 9)
    assert "valid" not in batch
    for row, k in enumerate(found.of("train")):
        assert torch.equal(batch["real"][row], torch.from_numpy(found.clip(found.partner[k]).tokens).long())
        others = [found.clip(found.partner[j]).tokens for j in found.of("train") if not found.appropriate[k, j]]
        assert any(np.array_equal(batch["fake"][row].numpy(), tokens) for tokens in others)


def test_the_target_is_sometimes_another_who_suits(packed):
    found = data.load(packed)
    real = DyadDataset(found, "train", 60)[draws(20)]["real"]
    swapped = DyadDataset(found, "train", 60, swap=1.0)[draws(20)]["real"]
    for row, k in enumerate(found.of("train")):
        (like,) = [j for j in found.of("train") if found.appropriate[k, j] and j != k]
        assert torch.equal(swapped[row], torch.from_numpy(found.clip(found.partner[like]).tokens).long())
    some = [DyadDataset(found, "train", 60, swap=0.2)[[(0, n)]]["real"][0] for n in range(300)]
    assert np.mean([not torch.equal(codes, real[0]) for codes in some]) == pytest.approx(0.2, abs=0.07)


def test_stretches_are_random_and_aligned(packed):
    found = data.load(packed)
    dataset = DyadDataset(found, "train", frames=20)
    starts = set()
    for seed in range(30):
        example = dataset.example(0, np.random.default_rng(seed))
        whole = found.clip(int(found.of("train")[0]))
        listener = found.clip(found.listener(int(found.of("train")[0])))
        shown, seen = whole.features["facial"], example.speaker.features["facial"]
        at = [t for t in range(41) if np.array_equal(shown[t : t + 20], seen)]
        assert len(at) == 1
        assert np.array_equal(example.real, listener.tokens[at[0] : at[0] + 20])
        starts.add(at[0])
    assert len(starts) > 10


def test_short_clips_are_masked(tmp_path):
    lengths = [60, 25, 40, 60, 33, 60]
    found = data.load(toy_packed.pack(tmp_path / "short.h5", dyads=(4, 1, 1), lengths=lengths))
    batch = DyadDataset(found, "train", frames=50)[draws(8)]
    assert batch["real"].shape == (8, 50, 3)
    assert batch["valid"].sum(dim=1).tolist() == [50, 25, 40, 50] * 2
    assert (batch["fake_valid"].sum(dim=1) <= batch["valid"].sum(dim=1)).all()
    settings = Settings.from_params(SMALL | {"frames": 50})
    losses = build(found, settings).losses(build(found, settings).network, batch, 1)
    assert all(torch.isfinite(value) for value in losses.values())


def test_matching_by_a_stream_that_is_not_packed_is_named(packed):
    with pytest.raises(InputError, match=r"`cues` is not packed; name of facial, functionals, head_pose, mfcc"):
        build(data.load(packed), Settings.from_params(SMALL | {"matching": ["cues"]}))


def test_draws_do_not_depend_on_the_number_of_processes():
    def epoch(rank=0, world=1, number=3):
        sampler = Draws(trainer.Stream(10, 4, 7, batches=3), 7, rank=rank, world=world)
        sampler.set_epoch(number)
        return list(sampler)

    whole = epoch()
    shared = [epoch(rank, 2) for rank in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*shared, strict=True)] == [sorted(batch) for batch in whole]
    assert whole != epoch(number=4)
    assert len({number for batch in whole for _, number in batch}) == 12


def test_linear_weights_alone_decay(packed):
    module = build(data.load(packed), Settings.from_params(SMALL))
    decayed, rest = groups(module.network, 0.01)
    names = {id(p): name for name, p in module.network.named_parameters()}
    assert all(names[id(p)].endswith("weight") and p.ndim == 2 for p in decayed["params"])
    assert {"blocks.0.up.weight", "heads.0.map.0.weight"} <= {names[id(p)] for p in decayed["params"]}
    assert {"modality", "norm.weight", "blocks.0.up.bias"} <= {names[id(p)] for p in rest["params"]}
    assert len(decayed["params"]) + len(rest["params"]) == len(names)
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.01, 0.0)
    (optimizer,) = [module.configure_optimizers()["optimizer"]]
    assert optimizer.defaults["betas"] == (0.9, 0.95)


def test_the_learning_rate_warms_up_and_falls():
    cosine = Settings(warmup=10, epochs=5, batches=20, schedule="cosine")
    assert [rate(step, cosine) for step in (0, 4, 9, 10)] == pytest.approx([0.1, 0.5, 1, 1])
    assert rate(55, cosine) == pytest.approx((1 + math.cos(math.pi / 2)) / 2)
    assert rate(100, cosine) == pytest.approx(0)
    assert rate(100, replace(cosine, schedule="constant")) == 1


FIRST = {"matching_first": {"epochs": 1, "batch_size": 8}}


@pytest.mark.parametrize(
    "more", [{"ema": 0.9}, {"accumulate": 2, "batches": 4, "checkpointing": True}, {"epochs": 5, **FIRST}]
)
def test_stop_and_resume_ends_with_the_same_weights(packed, tmp_path, killed, more):
    section = SMALL | {"epochs": 3} | more
    whole = train(packed, section, tmp_path / "whole")
    with killed(3 if "accumulate" in more else 4):
        train(packed, section, tmp_path / "resumed")
    assert len(list((tmp_path / "project/.faceloom/train").glob("reaction-*/last.ckpt"))) == 1
    resumed = train(packed, section, tmp_path / "resumed")
    assert resumed == whole
    for name in (checkpoint.WEIGHTS, checkpoint.CONFIG, checkpoint.HISTORY):
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_matching_alone_comes_first(packed, tmp_path, capsys):
    histories = {
        name: train(packed, SMALL | more, tmp_path / name) for name, more in {"both": FIRST, "one": {}}.items()
    }
    assert "reaction_matching: cpu" in capsys.readouterr().out
    assert [row.keys() for row in histories["both"]] == [row.keys() for row in histories["one"]]
    both, one = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in histories)
    assert not torch.equal(both["match_token"], one["match_token"])


@pytest.mark.parametrize("stage", ["matching", "pretrain", "finetune"])
def test_what_a_stage_does_not_reach_has_no_gradient(packed, stage):
    found = data.load(packed)
    network = build(found, Settings.from_params(SMALL)).network.requires_grad_(requires_grad=False)
    module = ReactionModule(network, Settings.from_params(SMALL | {"stage": stage}))
    batch = DyadDataset(found, "train", 20)[draws(4)]
    losses = module.losses(network, batch, 1)
    torch.stack([losses[name] for name in module.names]).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.requires_grad == (parameter.grad is not None), name


def test_matching_sees_more_of_a_dyad_than_the_others(packed):
    """They see one part of it together, elsewhere each time; the stranger's codes are of no use to them."""
    found = data.load(packed)
    settings = Settings.from_params(SMALL | {"frames": 8, "matching_frames": 20, "matching_every": 5})
    dataset = loaders(found, settings)[0].dataset
    batch = dataset[draws(4)]
    assert batch["is_face"].shape[1] == settings.longest == 20
    torch.manual_seed(0)
    parts = [part(batch, 8) for _ in range(30)]
    names = {name for name in batch if not name.startswith("fake")}
    assert all(set(some) == names for some in parts)
    starts = {
        first
        for some in parts
        for first in range(13)
        if all(
            torch.equal(some[name], x[:, first : first + 8])
            for name, x in batch.items()
            if name in names and not name.startswith("clip/")
        )
    }
    assert {0, 12} <= starts
    assert torch.equal(part(batch, 20)["real"], batch["real"])
    network = build(found, settings).network
    assert network.config.matched == 20
    assert all(torch.isfinite(loss) for loss in ReactionModule(network, settings).losses(network, batch, 1).values())


def test_the_average_follows_the_weights(packed, tmp_path):
    train(packed, SMALL, tmp_path / "plain")
    train(packed, SMALL | {"ema": 0.5}, tmp_path / "average")
    plain, average = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in ("plain", "average"))
    assert plain.keys() == average.keys()
    assert not torch.equal(plain["match_token"], average["match_token"])
    assert torch.equal(plain["speaker.face.mean0"], average["speaker.face.mean0"])


def test_finetuning_goes_on_from_a_model(packed, tmp_path):
    train(packed, SMALL, tmp_path / "first")
    section = SMALL | {"stage": "finetune", "start": str(tmp_path / "first"), "learning_rate": 1e-4}
    history = train(packed, section, tmp_path / "second")
    assert set(history[0]) >= {"val_slm", "val_mrm"}
    assert "val_crm" not in history[0]
    first, second = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in ("first", "second"))
    assert torch.equal(first["blocks.0.causal.out.weight"], second["blocks.0.causal.out.weight"])
    moved = (first["blocks.0.both_ways.out.weight"] - second["blocks.0.both_ways.out.weight"]).abs().max()
    assert 0 < moved < 0.01
    with pytest.raises(InputError, match="start"):
        train(packed, section | {"start": None}, tmp_path / "third")
    with pytest.raises(InputError, match="other sizes"):
        train(packed, section | {"width": 32}, tmp_path / "third")


def test_a_model_survives_its_folder(packed, tmp_path):
    found = data.load(packed)
    train(packed, SMALL, tmp_path / "model")
    model = checkpoint.load(tmp_path / "model")
    assert model.codebooks.fingerprint == found.codebooks.fingerprint
    assert model.streams == {"facial": 25, "head_pose": 6, "mfcc": 4}
    assert model.vectors == {"functionals": 9}
    assert torch.allclose(model.network.speaker.face.mean0, torch.from_numpy(found.statistics["facial"][0]))
    assert model.react(found.clip(0), "online", samples=2).shape == (2, 60, 25)
    usual = np.concatenate([found.clip(int(k)).attributes for k in found.of("train")]).mean(axis=0)
    assert np.allclose(model.network.usual[2], usual[15:17], atol=1e-3)
    assert json.loads((tmp_path / "model" / checkpoint.CONFIG).read_text())["settings"]["stage"] == "pretrain"
    (tmp_path / "model" / checkpoint.CONFIG).write_text("{}")
    with pytest.raises(InputError, match="not a reaction model"):
        checkpoint.load(tmp_path / "model")
    with pytest.raises(InputError, match="no such file"):
        checkpoint.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"online": "online-men"}, r"train\.reaction\.online: no preset `online-men`; use one of greedy, "),
        ({"offline": "best"}, r"train\.reaction\.offline: no preset `best`"),
        ({"online": "online-chunk-top5", "frames": 9}, "window of at least 10"),
    ],
)
def test_a_preset_that_cannot_be_used_is_named_before_training(packed, tmp_path, settings, message):
    with pytest.raises(InputError, match=message):
        train(packed, SMALL | settings, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_model_goes_where_faceloom_device_says(packed, monkeypatch):
    found = data.load(packed)
    model = ReactionModel(build(found, Settings.from_params(SMALL)).network, found.codebooks, SMALL)
    monkeypatch.setenv("FACELOOM_DEVICE", "cpu")
    assert model.ready().network.match_token.device.type == "cpu"
    assert torch.get_num_threads() == SMALL["threads"]
    monkeypatch.setenv("FACELOOM_DEVICE", "abacus")
    with pytest.raises(InputError, match="`abacus` is not available here"):
        model.ready()


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_training_matching_and_means_on_a_gpu(packed, tmp_path, monkeypatch, precision):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    monkeypatch.setenv("FACELOOM_DEVICE", "cuda")
    additions = {"meaning": True, "shortcut": True, "online": "online-mean", "offline": "offline-mean"}
    train(packed, SMALL | additions | {"precision": precision}, tmp_path / "model")
    model, found = checkpoint.load(tmp_path / "model").ready(), data.load(packed)
    assert model.network.match_token.is_cuda
    assert 0 <= matching(model, HeldOut.of(found)).accuracy <= 1
    for task in ("online", "offline"):
        assert np.isfinite(model.react(found.clip(0), task, samples=2)).all()


def test_one_dyad_is_too_few(tmp_path):
    path = toy_packed.pack(tmp_path / "one.h5", dyads=(1, 0, 0))
    found = data.load(path)
    assert loaders(found, Settings.from_params(SMALL))  # its two directions are strangers to each other
    with pytest.raises(InputError, match="val split has 0 clips"):
        DyadDataset(found, "val", 20)


def test_two_processes_train_one_model(packed, tmp_path):
    """`torchrun` on the CPU: both see half of each batch, and the first writes the folder."""
    section = SMALL | {"epochs": 1, "dropout": 0.0}
    code = (
        "import sys, pathlib; from faceloom.tasks.reaction.train import train;"
        f"train(pathlib.Path(sys.argv[1]), {section!r}, pathlib.Path(sys.argv[2]))"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    command = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=0", "--standalone", str(script)]
    env = os.environ | {"OMP_NUM_THREADS": "1", "DVC_ROOT": str(tmp_path / "both")}
    done = subprocess.run(
        [sys.executable, *command, str(packed), str(tmp_path / "two")],
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    train(packed, section, tmp_path / "one")
    one, two = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in ("one", "two"))
    assert all(torch.isfinite(x.float()).all() for x in two.values())
    assert (one["match_token"] - two["match_token"]).abs().max() < 5e-3


def test_training_needs_no_media_packages():
    code = (
        "import sys; import faceloom.tasks.reaction.train, faceloom.tasks.reaction.stream;"
        "print([m for m in ('pydantic', 'av', 'cv2', 'dvc') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reaction_that_repeats_the_speaker_is_learnt(packed, tmp_path):
    """Codes follow the speaker's switch three frames later; the marginal entropy is ln 2."""
    section = SMALL | {"width": 32, "layers": 2, "frames": 30, "batches": 60, "epochs": 2, "batch_size": 8}
    plain = {"learning_rate": 5e-3, "dropout": 0.0, "warmup": 10, "value_loss": 0.0, "forget": 0.0, "shortcut": False}
    history = train(packed, section | plain, tmp_path / "model")
    assert history[-1]["val_crm"] < 0.6 < math.log(2)
    assert history[-1]["val_mrm"] < math.log(2)


def test_module_sums_the_stages_objectives(packed):
    found = data.load(packed)
    settings = Settings.from_params(SMALL | {"dropout": 0.0})
    module = build(found, settings)
    batch = DyadDataset(found, "train", 20)[draws(4)]
    both = ReactionModule(build(found, settings).network, replace(settings, stage="finetune"))
    assert set(module.losses(module.network, batch, 1)) == {"slm", "mrm", "crm", "matching"}
    assert set(both.losses(both.network, batch, 1)) == {"slm", "mrm", "matching"}
    assert not any(p.requires_grad for p in both.network.blocks[0].causal.parameters())
