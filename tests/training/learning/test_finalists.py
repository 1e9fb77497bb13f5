"""Which networks of a ranking are trained for a while, and which of them wins."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from training.data.crops import CropSet, load_crops
from training.data.second_pass import as_second_pass
from training.learning import finalists
from training.learning.derive import Candidate
from training.learning.devices import Devices
from training.learning.finalists import Entrant, Finals
from training.learning.run_folder import RunFolder
from training.learning.search_settings import SearchSettings
from training.learning.team import Team
from training.space.layout import Block, Layout
from training.space.network import PoseNetwork
from training.space.space import Space


def candidate(width: int, operator: str, loss: float) -> Candidate:
    stages = (Block(width, 4, ((operator,),)), Block(16, 8, (("conv3x3",),)))
    layout = Layout(16, stages, (), Block(32, 8, (("conv1x1",),)))
    return Candidate(layout, 1.0, loss, PoseNetwork(Space(), layout, 1, 5))


def entrants(*widths: int) -> list[Entrant]:
    return list(enumerate(candidate(width, "conv3x3", width) for width in widths))


def nothing(known: list[tuple[Layout, float]], count: int) -> list[Entrant]:
    return []


def finals(settings: SearchSettings, folder: Path, devices: Devices | None = None) -> Finals:
    crops = load_crops(settings.dataset, ("train",), settings.n_keypoints, settings.input_size)
    return Finals(settings, crops, as_second_pass(crops, 1), RunFolder(folder, settings), devices or Devices())


@pytest.mark.parametrize("done", [2, 6])
def test_stopped_finals_go_on_after_the_last_training(
    search_settings: SearchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    settings = replace(search_settings, finalists=5)
    first_finalists = entrants(8, 12, 16, 24, 32)
    unbroken, trainings = finals(settings, tmp_path / "unbroken").choose(first_finalists, nothing)
    assert [t.round for t in trainings] == [0, 0, 0, 0, 0, 1, 1]
    trained = []
    train = Finals._train

    def train_some(self: Finals, network: PoseNetwork, number: int) -> None:
        if len(trained) == done:
            raise KeyboardInterrupt
        trained.append(network.layout)
        train(self, network, number)

    monkeypatch.setattr(Finals, "_train", train_some)
    with pytest.raises(KeyboardInterrupt):
        finals(settings, tmp_path / "stopped").choose(first_finalists, nothing)
    monkeypatch.setattr(Finals, "_train", train)
    resumed, again = finals(settings, tmp_path / "stopped").choose(first_finalists, nothing)
    assert again == trainings
    assert min(training.loss for training in trainings[5:]) == resumed.loss
    for name, value in unbroken.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name])


def test_a_third_with_the_lowest_losses_goes_on(search_settings: SearchSettings, tmp_path: Path) -> None:
    first_finalists = entrants(8, 12, 16, 24, 32)
    _, trainings = finals(replace(search_settings, finalists=5), tmp_path).choose(first_finalists, nothing)
    by_loss = sorted(trainings[:5], key=lambda training: training.loss)
    assert [training.place for training in trainings[5:]] == [training.place for training in by_loss[:2]]


def test_those_that_go_on_see_three_times_as_many_steps_in_all_none_of_them_twice(
    search_settings: SearchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    batches = finalists.augmented_batches

    def note(crops: CropSet, size: int, seed: int, strength: float, first: int, last: int, **kwargs: Any) -> Any:
        seen.append((first, last))
        return batches(crops, size, seed, strength, first, last, **kwargs)

    monkeypatch.setattr(finalists, "augmented_batches", note)
    settings = replace(search_settings, finalists=9, finalist_steps=2)
    _, trainings = finals(settings, tmp_path).choose(entrants(8, 10, 12, 14, 16, 18, 20, 24, 32), nothing)
    assert seen == [(0, 2)] * 9 + [(2, 6)] * 3
    assert [training.steps for training in trainings] == [2] * 9 + [6] * 3


def test_half_of_the_finalists_are_proposed_by_the_losses_of_those_before(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    asked = []

    def propose(known: list[tuple[Layout, float]], count: int) -> list[Entrant]:
        asked.append(([(layout.stages[0].width, loss) for layout, loss in known], count))
        return [(10 * len(asked) + k, candidate(20 + 4 * k, "conv3x3", 0.0)) for k in range(count)]

    settings = replace(search_settings, finalists=7)
    _, trainings = finals(settings, tmp_path).choose(entrants(8, 12), propose)
    first = [training for training in trainings if training.round == 0]
    assert [training.place for training in first] == [0, 1, 10, 11, 12, 13, 20]
    assert [count for _, count in asked] == [4, 1]
    assert asked[0][0] == [(8, first[0].loss), (12, first[1].loss)]
    assert [loss for _, loss in asked[1][0]] == [training.loss for training in first[:6]]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_process_of_a_team_trains_its_share_and_takes_the_others_trainings(
    search_settings: SearchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_finalists = entrants(8, 12, 16)
    settings, trained = replace(search_settings, finalists=3), []
    train = Finals._train

    def note_and_train(self: Finals, network: PoseNetwork, number: int) -> None:
        trained.append(network.layout.stages[0].width)
        train(self, network, number)

    monkeypatch.setattr(Finals, "_train", note_and_train)
    second = Devices()
    second.team = Team(1, 2)
    monkeypatch.setattr(second, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        finals(settings, tmp_path, second).choose(first_finalists, nothing)
    assert trained == [12]
    first = Devices()
    first.team = Team(0, 2)
    _, trainings = finals(settings, tmp_path, first).choose(first_finalists, nothing)
    assert trained == [12, 8, 16]
    assert [training.place for training in trainings] == [0, 1, 2]


def test_what_is_kept_of_a_round_is_not_changed_by_the_next(search_settings: SearchSettings, tmp_path: Path) -> None:
    first_finalists = entrants(8, 12, 16, 24, 32)
    _, trainings = finals(replace(search_settings, finalists=5), tmp_path).choose(first_finalists, nothing)
    kept = torch.load(tmp_path / "finals_0.pt", weights_only=True)
    first, second = (kept[f"round {number}, place {trainings[5].place}"]["weights"] for number in (0, 1))
    assert not torch.equal(first["output.weight"], second["output.weight"])


def test_finalists_start_from_weights_of_their_own(search_settings: SearchSettings, tmp_path: Path) -> None:
    first_finalists = entrants(16)
    for weight in first_finalists[0][1].network.parameters():
        weight.data.fill_(torch.nan)
    best, _ = finals(replace(search_settings, finalists=1), tmp_path).choose(first_finalists, nothing)
    assert all(torch.isfinite(weight).all() for weight in best.network.parameters())
