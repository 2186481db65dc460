"""Tries system calls that a sandbox is to refuse; prints one JSON object of what each of them answered."""

import ctypes
import errno
import json
import os
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
VICTIM = int(sys.argv[1])
REFUSALS = {errno.EPERM, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.ESRCH, errno.ENOENT, errno.EPROTONOSUPPORT}
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWNS = 0x10000000, 0x40000000, 0x00020000


def call(function, *arguments):
    if function(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "refused")


def system_call(number, *arguments):
    call(libc.syscall, ctypes.c_long(number), *arguments)


ATTEMPTS = {
    "become root": lambda: os.setuid(0),
    "take root's group": lambda: os.setgid(0),
    "take another group": lambda: os.setgroups([0]),
    "mount": lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None),
    "change the root directory": lambda: os.chroot("/tmp"),
    "make a namespace of users": lambda: call(libc.unshare, CLONE_NEWUSER),
    "make a namespace of networks": lambda: call(libc.unshare, CLONE_NEWNET),
    "make a namespace of mounts": lambda: call(libc.unshare, CLONE_NEWNS),
    "make a device": lambda: os.mknod("/tmp/device", 0o20666, os.makedev(1, 1)),
    "trace another's process": lambda: call(libc.ptrace, 16, VICTIM, None, None),
    "read another's memory": lambda: open(f"/proc/{VICTIM}/mem", "rb").close(),
    "kill another's process": lambda: os.kill(VICTIM, 9),
    "set the clock": lambda: call(libc.settimeofday, ctypes.byref((ctypes.c_long * 2)(0, 0)), None),
    "set the host's name": lambda: socket.sethostname("mine"),
    "load a module": lambda: system_call(175, b"", 0, b""),
    "load a program into the kernel": lambda: system_call(321, 5, None, 0),
    "reboot": lambda: system_call(169, 0xFEE1DEAD, 672274793, 0x89ABCDEF),
    "swap": lambda: call(libc.swapon, b"/tmp/x", 0),
    "watch the processor": lambda: system_call(298, None, 0, -1, -1, 0),
    "open a file by its handle": lambda: system_call(304, -1, None, 0),
    "pass by the filter": lambda: system_call(425, 1, (ctypes.c_char * 120)()),
    "use the kernel's keys": lambda: system_call(250, 0, -3, 1),
    "open the ports of the processor": lambda: system_call(172, 3),
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "become a different architecture": lambda: system_call(135, 0x0008),
    "be preferred by the scheduler": lambda: os.setpriority(os.PRIO_PROCESS, 0, -10),
    "survive when memory runs out": lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000"),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0),
    "open a socket to machines beside": lambda: socket.socket(40, socket.SOCK_STREAM, 0),
    "use the kernel's ciphers": lambda: socket.socket(38, socket.SOCK_SEQPACKET, 0),
    "leave an attribute on a file": lambda: os.setxattr(__import__("tempfile").mkdtemp(), "user.mark", b"1"),
    "mark a file as another user's": lambda: os.chmod(__import__("tempfile").mkstemp()[1], 0o4755),
}


def answer(attempt):
    try:
        attempt()
    except OSError as error:
        # Anything else has come past the sandbox, whatever the kernel then had against the arguments.
        return "refused" if error.errno in REFUSALS else errno.errorcode.get(error.errno, str(error))
    return "done"


print(json.dumps({name: answer(attempt) for name, attempt in ATTEMPTS.items()}))
