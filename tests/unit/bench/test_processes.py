"""Looking at the memory of real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.processes import Peak, family, forget_peak, peak_resident, proportional, resident, watched

_MEGABYTE = 1_000_000

#: Holds the megabytes it is told to hold, lets go of them, and says so each time.
_HOLDER = """
import sys
for line in sys.stdin:
    held = bytearray(b"x") * int(line)
    print("held", flush=True)
    sys.stdin.readline()
    del held
    print("free", flush=True)
"""
_PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        assert process.stdin
        process.stdin.close()


def tell(process: "subprocess.Popen[str]", line: object) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_family_is_a_process_with_all_its_descendants() -> None:
    with running(_PARENT, _HOLDER) as parent:
        assert tell(parent, 1) == "held"
        members = family(parent.pid)
        assert len(members) == 2
        assert members[0] == parent.pid
        tell(parent, "")
    assert family(parent.pid) == [parent.pid]


def test_a_peak_outlasts_what_caused_it_until_it_is_forgotten() -> None:
    with running(_HOLDER) as process:
        assert tell(process, 1) == "held"  # it has started
        assert tell(process, "") == "free"
        before = resident(process.pid)
        assert before is not None
        assert tell(process, 50 * _MEGABYTE) == "held"
        assert tell(process, "") == "free"
        after, peak = resident(process.pid), peak_resident(process.pid)
        assert after is not None
        assert peak is not None
        assert after < before + 10 * _MEGABYTE
        assert peak > before + 49 * _MEGABYTE
        forget_peak(process.pid)
        assert (peak_resident(process.pid) or 0) < before + 10 * _MEGABYTE


async def test_a_whole_family_is_watched_and_its_members_peaks_are_kept() -> None:
    with running(_PARENT, _HOLDER) as parent:
        tell(parent, 1)
        tell(parent, "")
        async with watched(lambda: family(parent.pid)) as peak:
            assert tell(parent, 50 * _MEGABYTE) == "held"
        assert len(peak.own_peaks) == 2
        assert peak.rss > 50 * _MEGABYTE
        assert peak.pss is not None
        assert 50 * _MEGABYTE < peak.pss <= peak.rss <= peak.at_most
        tell(parent, "")


def test_a_process_that_is_gone_counts_for_nothing() -> None:
    with running("") as process:
        pass
    assert [look(process.pid) for look in (resident, peak_resident, proportional)] == [None] * 3
    peak = Peak()
    peak.note([process.pid])
    assert (peak.rss, peak.pss, peak.own_peaks, peak.at_most) == (0, None, {}, 0)


def test_the_kernels_peaks_count_where_they_are_higher() -> None:
    peak = Peak(rss=10, own_peaks={1: 7, 2: 8})
    assert peak.at_most == 15
    peak.note([os.getpid()])
    assert peak.at_most == 15 + peak.own_peaks[os.getpid()]
