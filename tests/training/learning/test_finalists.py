"""Which networks of a ranking are trained for a while, and which of them wins."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.data.crops import load_crops
from training.data.second_pass import as_second_pass
from training.learning.derive import Candidate
from training.learning.devices import Devices
from training.learning.finalists import Finals, distinct
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


def test_networks_of_other_operators_alone_come_after_those_of_other_widths() -> None:
    ranking = [candidate(16, "conv3x3", 1.0), candidate(16, "conv1x1", 2.0), candidate(24, "conv3x3", 3.0)]
    assert [place for place, _ in distinct(ranking, 3)] == [0, 2, 1]
    assert [(place, found.loss) for place, found in distinct(ranking, 2)] == [(0, 1.0), (2, 3.0)]


def finals(settings: SearchSettings, folder: Path, devices: Devices | None = None) -> Finals:
    crops = load_crops(settings.dataset, ("train",), settings.n_keypoints, settings.input_size)
    return Finals(settings, crops, as_second_pass(crops, 1), RunFolder(folder, settings), devices or Devices())


@pytest.mark.parametrize("done", [2, 6])
def test_stopped_finals_go_on_after_the_last_training(
    search_settings: SearchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    settings = replace(search_settings, finalists=5)
    ranking = [candidate(width, "conv3x3", width) for width in (8, 12, 16, 24, 32)]
    unbroken, trainings = finals(settings, tmp_path / "unbroken").choose(ranking, [])
    assert [t["round"] for t in trainings] == [0, 0, 0, 0, 0, 1, 1]
    trained = []
    train = Finals._train

    def train_some(self: Finals, network: PoseNetwork, number: int) -> None:
        if len(trained) == done:
            raise KeyboardInterrupt
        trained.append(network.layout)
        train(self, network, number)

    monkeypatch.setattr(Finals, "_train", train_some)
    with pytest.raises(KeyboardInterrupt):
        finals(settings, tmp_path / "stopped").choose(ranking, [])
    monkeypatch.setattr(Finals, "_train", train)
    resumed, again = finals(settings, tmp_path / "stopped").choose(ranking, [])
    assert again == trainings
    assert min(training["loss"] for training in trainings[5:]) == resumed.loss
    for name, value in unbroken.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name])


def test_a_third_with_the_lowest_losses_goes_on(search_settings: SearchSettings, tmp_path: Path) -> None:
    ranking = [candidate(width, "conv3x3", width) for width in (8, 12, 16, 24, 32)]
    _, trainings = finals(replace(search_settings, finalists=5), tmp_path).choose(ranking, [])
    first = sorted(trainings[:5], key=lambda training: training["loss"])
    assert [training["place"] for training in trainings[5:]] == [training["place"] for training in first[:2]]


def test_all_that_unlearned_gates_drew_are_finalists_beside_the_best_of_the_ranking(
    search_settings: SearchSettings, tmp_path: Path
) -> None:
    ranking, unlearned = (
        [candidate(width, "conv3x3", width) for width in widths] for widths in ((8, 12, 16), (24, 32))
    )
    _, trainings = finals(replace(search_settings, finalists=4), tmp_path).choose(ranking, unlearned)
    assert [training["place"] for training in trainings if training["round"] == 0] == [0, 1, 3, 4]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_process_of_a_team_trains_its_share_and_takes_the_others_trainings(
    search_settings: SearchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking = [candidate(width, "conv3x3", width) for width in (8, 12, 16)]
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
        finals(settings, tmp_path, second).choose(ranking, [])
    assert trained == [12]
    first = Devices()
    first.team = Team(0, 2)
    _, trainings = finals(settings, tmp_path, first).choose(ranking, [])
    assert trained == [12, 8, 16]
    assert [training["place"] for training in trainings] == [0, 1, 2]


def test_what_is_kept_of_a_round_is_not_changed_by_the_next(search_settings: SearchSettings, tmp_path: Path) -> None:
    ranking = [candidate(width, "conv3x3", width) for width in (8, 12, 16, 24, 32)]
    _, trainings = finals(replace(search_settings, finalists=5), tmp_path).choose(ranking, [])
    kept = torch.load(tmp_path / "finals_0.pt", weights_only=True)
    first, second = (kept[f"round {number}, place {trainings[5]['place']}"]["weights"] for number in (0, 1))
    assert not torch.equal(first["output.weight"], second["output.weight"])


def test_finalists_start_from_weights_of_their_own(search_settings: SearchSettings, tmp_path: Path) -> None:
    ranking = [candidate(16, "conv3x3", 1.0)]
    for weight in ranking[0].network.parameters():
        weight.data.fill_(torch.nan)
    best, _ = finals(replace(search_settings, finalists=1), tmp_path).choose(ranking, [])
    assert all(torch.isfinite(weight).all() for weight in best.network.parameters())
