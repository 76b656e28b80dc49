"""What is made once and kept under build/bench: dumps, and data directories loaded from them."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import dump as dumps
from server import Server

FOLDER = Path(__file__).resolve().parents[1] / "build" / "bench"


def read_note(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def kept_dump(parameters):
    """The dump's file and what it says of itself; made if it is not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ending = "json" if parameters.form == "list" else "jsonl"
    path = FOLDER / f"dump-{parameters.objects}-{parameters.namespaces}-{parameters.order}.{ending}"
    note = path.with_suffix(path.suffix + ".note")
    description = dumps.description(parameters)
    known = read_note(note)
    if known and known["parameters"] == description and path.exists() \
            and path.stat().st_size == known["summary"]["bytes"]:
        return path, known["summary"]
    print(f"making a dump of {parameters.objects:,} objects ...", flush=True)
    note.unlink(missing_ok=True)
    with open(path, "wb") as out:
        summary = asdict(dumps.Dump(parameters).write(out))
    note.write_text(json.dumps({"parameters": description, "summary": summary}), encoding="utf-8")
    return path, summary


def note_of(data_dir):
    return data_dir.with_name(data_dir.name + ".note")


def remove(data_dir):
    note_of(data_dir).unlink(missing_ok=True)
    if data_dir.exists():
        shutil.rmtree(data_dir)


def note_loaded(data_dir, parameters):
    note_of(data_dir).write_text(json.dumps(dumps.description(parameters)), encoding="utf-8")


def kept_store(parameters, fresh=False):
    """A data directory whose cluster `bench` holds the dump; loaded if it is not there or does not open."""
    data_dir = FOLDER / f"data-{parameters.objects}-{parameters.namespaces}"
    if not fresh and read_note(note_of(data_dir)) == dumps.description(parameters):
        try:
            with Server(data_dir, threads=1) as server:
                if server.objects() == parameters.objects:
                    return data_dir
        except RuntimeError as error:
            print(f"{data_dir.name} is loaded anew: {error}")
    remove(data_dir)
    path, _ = kept_dump(parameters)
    print(f"importing {parameters.objects:,} objects ...", flush=True)
    with Server(data_dir, threads=2) as server:
        server.create_cluster()
        server.load(path)
        if server.objects() != parameters.objects:
            raise RuntimeError(f"imported {parameters.objects} objects, and the cluster has {server.objects()}")
    note_loaded(data_dir, parameters)
    return data_dir
