"""A run that is cut off anywhere goes on where it was and ends as if nothing had happened."""

import errno
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import pytest

import partnersignal as ps
from partnersignal.cleaning import message_words, own_sentences, zoned
from partnersignal.conversations.words import Words
from partnersignal.errors import InputError, MissingExtraError, RunError
from partnersignal.files import drafts, replacing
from partnersignal.messages import Message, Sentence, Unreadable
from partnersignal.reading import csv_file, open_export
from partnersignal.report import page
from partnersignal.runs import limits, parallel, sentences, shards
from partnersignal.runs.lock import LOCK_FILE, locked
from partnersignal.runs.parallel import Stage, Workers, run_stage
from partnersignal.runs.parts import done_path, items_done, part_path
from partnersignal.runs.run import Run
from partnersignal.runs.scoring import silent

# Told each step on stderr, so that a test knows where a process is.
SCORE = """
import sys, partnersignal as ps
export, out, model, jobs = sys.argv[1:]
tell = lambda *step: print(*step, file=sys.stderr, flush=True)
ps.score(export, out=out, model=model, jobs=int(jobs), ours=["us.example"], progress=tell)
"""


def write_export(folder: Path, files: int, messages: int) -> Path:
    """Write an export of as many shards as files; some messages answer, some come twice, some are hostile."""
    folder.mkdir()
    for number in range(files):
        with (folder / f"{number:03d}.mbox").open("w") as file:
            for each in range(messages):
                key = number * messages + each
                body = (
                    f"The aserver {key} is late again.\nThey promised the brouter and it never came. A cable costs nine euros."
                )
                file.write(
                    f"From x Mon Jan 06 10:00:00 2025\nMessage-ID: <../../{key // 2 * 2 if key % 10 == 1 else key}@us.example>\n"
                    f"In-Reply-To: <../../{key - files}@us.example>\nFrom: me@us.example\nTo: ann@acme{key % 7}.com\n"
                    f"Date: Mon, 06 Jan 2025 10:{key % 60:02d}:00 +0000\nSubject: /etc/passwd\n\n{body}\n\n"
                )
    return folder


def score(export: Path, out: Path, model: Path, **options: object) -> Run:
    return ps.score(export, out=out, model=model, ours=["us.example"], **{"jobs": 1, **options})


def outcome(run: Path) -> dict[str, bytes]:
    """Return all that a run leaves, to the bit."""
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_export(tmp_path_factory.mktemp("resume") / "export", 6, 10)


@pytest.fixture(scope="module")
def uncut(export: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return outcome(score(export, tmp_path_factory.mktemp("uncut") / "run", tiny_model).folder)


def start(export: Path, out: Path, model: Path, jobs: int = 2) -> subprocess.Popen:
    command = [sys.executable, "-c", SCORE, str(export), str(out), str(model), str(jobs)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def kill_all(process: subprocess.Popen, how: int = signal.SIGKILL) -> None:
    os.killpg(process.pid, how)
    process.wait()
    process.stderr.close()


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def workers() -> list[int]:
    """Return the worker processes of this process."""
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, command in commands.items() if b"loky" in command and b"tracker" not in command]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_while_scanning_tagging_and_rolling_up(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path
) -> None:
    for stage, jobs in (("scanning shards 2", 1), ("tagging messages 20", 2), ("rolling up 0", 1)):
        process = start(export, tmp_path / "run", tiny_model, jobs)
        assert any(line.startswith(stage) for line in process.stderr), stage
        kill_all(process)
        assert 'finished": false' in (tmp_path / "run" / "run.json").read_text()
    tagged = {n: done_path(tmp_path / "run" / "work", "tag", n).stat().st_mtime_ns for n in range(6)}
    told: list[tuple[str, int, int]] = []
    assert outcome(score(export, tmp_path / "run", tiny_model, progress=lambda *step: told.append(step)).folder) == uncut
    assert len(tagged) == 6 and ("tagging messages", 60, 60) in told and ("tagging messages", 0, 60) not in told


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_kills_at_random_moments_change_nothing(tiny_model: Path, tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", 20, 25)
    began = time.monotonic()
    expected = start(export, tmp_path / "uncut", tiny_model)
    expected.stderr.read()
    assert expected.wait() == 0
    length = time.monotonic() - began
    expected.stderr.close()
    chance, kills, number = random.Random(7), 0, 0
    while kills < 50:
        number += 1
        run = tmp_path / f"run{number}"
        for _ in range(4):  # a few kills a run, then it may end
            process = start(export, run, tiny_model)
            time.sleep(chance.uniform(0.2, 1.1) * length)
            kills += process.poll() is None
            if process.poll() is None:
                kill_all(process)
            else:
                process.stderr.close()
        last = start(export, run, tiny_model)
        last.stderr.read()
        last.stderr.close()
        assert last.wait() == 0
        assert outcome(run) == outcome(tmp_path / "uncut")


def test_a_dead_worker_costs_nothing_but_time(export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(stage: str, done: int, total: int) -> None:
        if stage == "tagging messages" and 0 < done < total and not killed:
            killed.append(workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    run = score(export, tmp_path / "run", tiny_model, jobs=2, progress=kill_one)
    assert killed and outcome(run.folder) == uncut


def test_workers_that_keep_dying_are_given_up() -> None:
    stage = Stage("tagging", lambda _: joblib.delayed(os._exit)(1), lambda _: None, [1, 1])
    with pytest.raises(
        RunError, match=r"got no further in tagging \(.*; 2 shards left\), expected workers and files that stay"
    ):
        run_stage(stage, Workers(2), silent)


def test_files_that_are_never_whole_are_given_up() -> None:
    stage = Stage("tagging", lambda _: joblib.delayed(int)(1), lambda _: None, [1])
    with pytest.raises(RunError, match=r"files are not as they were written; 1 shards left"):
        run_stage(stage, Workers(1), silent)


@pytest.mark.parametrize("table", ["scan", "zones", "tags", "exposure", "messages"])
def test_a_damaged_part_is_made_again(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partnersignal.runs import scoring

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "_finish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            score(export, tmp_path / "run", tiny_model)
    work = tmp_path / "run" / "work"
    part = part_path(work, table, 3)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    assert items_done(work, "scan" if table in ("scan", "zones") else "tag", 3) is None
    assert items_done(work, "tag", 2) == 10
    assert outcome(score(export, tmp_path / "run", tiny_model).folder) == uncut


def test_shards_of_another_version_are_made_again(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path
) -> None:
    process = start(export, tmp_path / "run", tiny_model, jobs=1)
    assert any(line.startswith("tagging messages 20") for line in process.stderr)
    kill_all(process)
    state = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(state | {"version": "0.0.1"}))
    told: list[tuple[str, int, int]] = []
    run = score(export, tmp_path / "run", tiny_model, progress=lambda *step: told.append(step))
    assert told[0] == ("scanning shards", 0, 6)
    assert outcome(run.folder) == uncut


def test_the_second_process_is_refused_and_a_stale_lock_is_not(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path
) -> None:
    process = start(export, tmp_path / "run", tiny_model, jobs=1)
    assert any(line.startswith("scanning shards 1") for line in process.stderr)
    os.killpg(process.pid, signal.SIGSTOP)
    with pytest.raises(RunError, match=rf"where process {process.pid} on .+ is at work; wait until it has finished"):
        score(export, tmp_path / "run", tiny_model)
    kill_all(process)
    assert (tmp_path / "run" / LOCK_FILE).exists()
    assert outcome(score(export, tmp_path / "run", tiny_model).folder) == uncut


def test_a_lock_is_let_go(tmp_path: Path) -> None:
    with locked(tmp_path):
        with pytest.raises(RunError, match="is at work"), locked(tmp_path):
            pass
        assert (tmp_path / LOCK_FILE).exists()
    with locked(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_in_one_line_and_the_run_goes_on(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "partnersignal", "score", str(export), "--out", str(tmp_path / "run"), "--ours", "us.example",
        "--model", str(tiny_model), "--jobs", "1",
    ]  # fmt: skip
    # No file may grow beyond 9,000 bytes: the parts of shards can be written, the joined table cannot.
    size = 9_000
    cut = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    )
    assert cut.returncode == 1
    *_, line = cut.stderr.strip().splitlines()
    assert "got no room left for the run" in line and "goes on where it was" in line and "Traceback" not in cut.stderr
    assert done_path(tmp_path / "run" / "work", "scan", 0).is_file()
    assert outcome(score(export, tmp_path / "run", tiny_model).folder) == uncut


def test_a_csv_in_shards_gives_the_tables_of_one_and_goes_on_where_it_was(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "export.csv"
    rows = (
        f"{key}@us.example,{key - 6}@us.example,me@us.example,ann@acme{key % 7}.com,2025-01-06 10:{key % 60:02d},"
        f'"The ""aserver"" {key} is late.\n\nThey promised the brouter.\nA cable costs nine euros."\n'
        for key in range(60)
    )
    export.write_text("message_id,in_reply_to,from,to,date,body\n" + "".join(rows))
    whole = outcome(score(export, tmp_path / "whole", tiny_model).folder)
    monkeypatch.setattr(csv_file, "SHARD_BYTES", 1_000)
    shards = len(open_export(export).shards)
    assert shards > 5
    assert outcome(score(export, tmp_path / "two", tiny_model, jobs=2).folder) == whole

    def cut_off(stage: str, done: int, total: int) -> None:
        if stage == "tagging messages" and 0 < done < total:
            interrupt()

    with pytest.raises(KeyboardInterrupt):
        score(export, tmp_path / "run", tiny_model, progress=cut_off)
    done = [n for n in range(shards) if items_done(tmp_path / "run" / "work", "tag", n)]
    assert 0 < len(done) < shards
    told: list[tuple[str, int, int]] = []
    assert outcome(score(export, tmp_path / "run", tiny_model, progress=lambda *step: told.append(step)).folder) == whole
    assert ("scanning shards", 0, shards) not in told and ("tagging messages", 0, 60) not in told


def test_ctrl_c_says_how_to_go_on(export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "partnersignal", "score", str(export), "--out", str(tmp_path / "run"), "--ours", "us.example",
        "--model", str(tiny_model), "--jobs", "2",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # what a shell starts with "&" ignores it
    )  # fmt: skip
    while not (tmp_path / "run" / "work").is_dir():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130
    assert said.strip().endswith("partnersignal: stopped; the same command goes on where it was") and "Traceback" not in said
    assert outcome(score(export, tmp_path / "run", tiny_model).folder) == uncut


def test_of_loky_only_its_stumble_at_the_end_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(str(args.exc_value)))

    def add_call_item_to_queue() -> None:
        raise KeyError("stumbled")

    def other() -> None:
        raise KeyError("broke")

    before = threading.excepthook
    with parallel._deaf_to_loky():
        for work in (add_call_item_to_queue, other):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert heard == ["'broke'"] and threading.excepthook is before


def test_a_draft_never_stays(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    with pytest.raises(OSError), replacing(tmp_path / "x") as draft:
        draft.write_text("half")
        raise OSError(errno.ENOSPC, "full")
    assert (tmp_path / "x").read_text() == "old"
    assert drafts(tmp_path) == []
    with replacing(tmp_path / "x") as draft:
        draft.write_text("new")
        assert drafts(tmp_path) == [draft]
    assert (tmp_path / "x").read_text() == "new"


def test_a_report_that_is_cut_off_is_a_draft(sample_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Path] = []
    monkeypatch.setattr(os, "replace", lambda *_: found.extend(drafts(tmp_path)))
    page.write_report(tmp_path / "report.html", sample_run.material())
    assert len(found) == 1  # what a killed process leaves is cleared when the run goes on


def test_a_message_that_takes_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS_A_MESSAGE", 0.05)

    def reader():
        for name in ("quick", "slow", "quick"):
            try:
                while name == "slow":
                    pass
                yield name
            except ValueError as error:
                yield Unreadable(name, str(error))

    with limits.watching() as limit:
        first, slow, last = limits.each_in_time(reader(), limit)
    assert (first, last) == ("quick", "quick")
    assert slow == Unreadable("slow", "it takes longer than 0.05 seconds of computing")


def test_a_message_whose_zones_take_too_long_lands_in_the_receipt(
    export: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SECONDS_A_MESSAGE", 0.2)

    def stuck(message: Message) -> Message:
        while "aserver 7 " in message.text:
            pass
        return zoned(message)

    def stuck_on_words(message: Message) -> Words:
        while "aserver 8 " in message.text:
            pass
        return message_words(message)

    def stuck_on_sentences(message: Message) -> tuple[Sentence, ...]:
        while "aserver 9 " in message.text:
            pass
        return own_sentences(message)

    monkeypatch.setattr(shards, "zoned", stuck)
    monkeypatch.setattr(shards, "message_words", stuck_on_words)
    for room in (shards, sentences):
        monkeypatch.setattr(room, "own_sentences", stuck_on_sentences)
    receipt = score(export, tmp_path / "run", tiny_model).receipt
    assert receipt["unreadable"]["count"] == 1 and "seconds of computing" in json.dumps(receipt["unreadable"])
    assert receipt["messages"]["took_too_long"] == 1
    assert receipt["read"] == sum(receipt["messages"].values()) + 1


def test_no_name_from_a_message_becomes_a_file(uncut: dict[str, bytes]) -> None:
    assert set(uncut) == {
        "messages.parquet", "tags.parquet", "exposure.parquet", "scan.parquet", "index.csv", "conduct.csv", "evidence.csv",
        "receipt.json", "report.html", "run.json",
    }  # fmt: skip
    receipt = json.loads(uncut["receipt.json"])
    assert receipt["limits"]["bytes_of_a_message"] == 64 * 1024 * 1024
    assert receipt["limits"]["seconds_of_computing_a_message"] == 20
    assert receipt["messages"]["duplicate"] > 0


def test_a_scheduler_that_does_not_answer_says_so(
    export: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"got the scheduler 'nonsense', which does not answer .*expected the address"):
        score(export, tmp_path / "run", tiny_model, scheduler="nonsense")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'partnersignal\[dask\]'"):
        score(export, tmp_path / "run", tiny_model, scheduler="tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_dask_cluster_gives_the_same_tables_even_if_a_worker_dies(
    export: Path, uncut: dict[str, bytes], tiny_model: Path, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        run = score(export, tmp_path / "one", tiny_model, scheduler=cluster.scheduler_address)
        assert outcome(run.folder) == uncut
        killed: list[int] = []

        def kill_one(stage: str, done: int, total: int) -> None:
            if stage == "tagging messages" and 0 < done < total and not killed:
                killed.append(next(iter(cluster.workers.values())).process.pid)
                os.kill(killed[0], signal.SIGKILL)

        run = score(export, tmp_path / "two", tiny_model, scheduler=cluster.scheduler_address, progress=kill_one)
        assert killed and outcome(run.folder) == uncut


def test_the_suite_has_no_network() -> None:
    with socket.socket() as outside, pytest.raises(OSError, match="a test wanted to connect"):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(OSError, match="a test wanted to look up"):
        socket.create_connection(("partnersignal.example", 80))
