"""What the process that reads a file may use; the kernel holds it to that, whatever a parser may do."""

import resource
import sys

#: The file, the pipe, and what Python opens while it imports a parser.
_OPEN_FILES = 64


def limit_process(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit this process for the rest of its life: address space and processor time as given, few open
    files, and nothing that it could leave behind: no file, no process, no core."""
    # a module that was not compiled yet must not try to leave its code behind
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # at the soft limit comes SIGXCPU, which tells the worker why; at the hard one SIGKILL, and it comes first
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(nothing, (0, 0))
