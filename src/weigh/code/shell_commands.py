"""Command lines held against what only attackers write: downloads piped into shells, shells over the network.

A line is judged by its text alone; nothing is run. Four answers: it is an attack; it calls what attackers
call
and a model has no reason to (a shell, a download, `id`); it is an everyday call of a tool (git, nvcc,
ffmpeg);
or it is none of these.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from weigh.code.word_lists import words

MOST_TEXT = 64 * 1024
"""Characters of one command line that are looked at."""
MOST_WINDOWS = 400
"""Places of a script that are looked at closely; a build script has a few dozen."""
_WINDOW = 1200
_BEFORE = 400
_STEP = 700


class CommandWord(StrEnum):
    """What a command line is."""

    ATTACK = "attack"
    EVERYDAY = "everyday"
    SUSPECT = "suspect"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FoundAttack:
    """What was found in a script.

    Attributes:
        line: of the attack, from 1; 0 where there is none.
        words: what it does.
        whole: all of the script was looked at.
    """

    line: int = 0
    words: str = ""
    whole: bool = True


_SHELL = (
    r"(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+)?(?:/\S*/)?"
    r"(?:(?:ba|z|da|k|a)?sh|python[\d.]*|perl|ruby|node|php|iex)\b"
)
_FETCH = r"\b(?:curl|wget|fetch|aria2c|lwp-download)\b"
_REST = r"[^\n;]{0,400}?"
_HERE = r"[^\n;|]{0,300}?"

_ATTACKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (words, re.compile(pattern, re.IGNORECASE))
    for words, pattern in (
        ("pipes a download into an interpreter", rf"{_FETCH}[^\n;|]{{0,600}}\|{_REST}{_SHELL}"),
        (
            "runs a download",
            rf"(?:{_SHELL}|\bsource|(?<!\w)\.)\s+(?:-\S+\s+)*[\"']?(?:<\(|\$\(|`)\s*{_FETCH}",
        ),
        ("runs a download", rf"\beval\b\s+[\"']?(?:\$\(|`)\s*{_FETCH}"),
        (
            "downloads, then runs it",
            rf"{_FETCH}[^\n]{{0,400}}?(?:&&|;|\n)\s*(?:sudo\s+)?chmod\s+(?:\S*\+\S*x|[0-7]{{3,4}})\b",
        ),
        (
            "downloads, then runs it",
            rf"{_FETCH}[^\n]{{0,300}}?\s(?:-o|-O|>)\s*(\S+)[^\n]{{0,200}}?(?:&&|;)\s*{_SHELL}\s+\1",
        ),
        (
            "decodes text into an interpreter",
            rf"\bbase(?:64|32)\b(?=[^\n|]{{0,600}}\|){_HERE}(?:-d|-D|--decode)\b[^\n;|]{{0,300}}\|{_REST}{_SHELL}",
        ),
        (
            "decodes text into an interpreter",
            rf"\bopenssl\b(?=[^\n|]{{0,600}}\|){_HERE}-d\b[^\n;|]{{0,300}}\|{_REST}{_SHELL}",
        ),
        (
            "decodes text into an interpreter",
            rf"\bxxd\b(?=[^\n|]{{0,600}}\|){_HERE}-r\b[^\n;|]{{0,300}}\|{_REST}{_SHELL}",
        ),
        (
            "decodes text into an interpreter",
            r"\b(?:eval|bash\s+-c|sh\s+-c)\b\s*[\"']?(?:\$\(|`)[^\n]{0,300}?base64",
        ),
        ("opens a shell to the network", r"/dev/(?:tcp|udp)/"),
        (
            "opens a shell to the network",
            r"\b(?:nc|ncat|netcat)\b[^\n|]{0,200}?\s-\w*[ec]\w*\s*\S*(?:sh|cmd|powershell)",
        ),
        ("opens a shell to the network", r"\bmkfifo\b[^\n]{0,300}?\b(?:nc|ncat|netcat|telnet|openssl)\b"),
        ("opens a shell to the network", r"\bsocat\b[^\n]{0,300}?\bexec\b"),
        ("opens a shell to the network", r"\b(?:ba|z|da)?sh\s+-i\b[^\n]{0,80}?[<>]"),
        ("opens a shell to the network", r"\btelnet\b[^\n]{0,200}?\|\s*(?:/bin/)?(?:ba)?sh"),
        (
            "runs code with a socket",
            r"\b(?:python[\d.]*|perl|ruby|php|node|lua)\s+-\w*[cer]\w*\s[^\n]{0,80}?.{0,400}?\b(?:socket|fsockopen|TCPSocket|child_process|pty\.spawn)\b",
        ),
        (
            "runs hidden code",
            r"\bpython[\d.]*\s+-\w*c\w*\s[^\n]{0,400}?\b(?:exec|eval)\s*\([^\n]{0,200}?(?:b64decode|fromhex|decompress|urlopen|requests)",
        ),
        (
            "runs hidden PowerShell",
            r"\b(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,300}?\s-(?:e|ec|en|enc\w*)\s+[A-Za-z0-9+/=]{8,}",
        ),
        (
            "downloads into PowerShell",
            (
                r"\b(?:iex|invoke-expression)\b[^\n]{0,300}?(?:download(?:string|file|data)|invoke-webrequest|iwr\b|irm\b|net\.webclient|frombase64)"
                r"|(?:download(?:string|data)|invoke-webrequest|iwr\b|irm\b|frombase64string)[^\n]{0,300}?\|\s*(?:iex|invoke-expression)\b"
            ),
        ),
        (
            "hides a PowerShell window",
            r"\b(?:powershell|pwsh)\b[^\n]{0,300}?-w(?:indowstyle)?\s+h(?:idden)?\b",
        ),
        (
            "downloads with a system tool",
            r"\bcertutil\b[^\n]{0,120}?-(?:urlcache|decode)\b|\bbitsadmin\b[^\n]{0,120}?/transfer",
        ),
        (
            "runs a remote script",
            r"\bmshta\b\s+\S*(?:https?:|javascript:|vbscript:)|\bregsvr32\b[^\n]{0,120}?/i:\s*https?:",
        ),
        (
            "runs a remote script",
            r"\brundll32\b[^\n]{0,120}?javascript:|\bwmic\b[^\n]{0,120}?process\s+call\s+create",
        ),
        (
            "destroys files",
            r"\brm\s+(?:-\w+\s+|--\S+\s+)*-?-?(?:\w*[rR]\w*|recursive)\s+(?:-\S+\s+)*[\"']?(?:/|/\*|~/?\*?|\$\{?HOME\}?/?\*?|/(?:home|etc|usr|var|root|boot)/?\*?)[\"']?(?=\s|;|&|$|\)|\")",
        ),
        (
            "destroys files",
            r"\bmkfs(?:\.\w+)?\s+\S*/dev/|\bdd\b[^\n]{0,200}?\bof=/dev/(?:sd|nvme|hd|vd|disk)",
        ),
        (
            "destroys files",
            r"\b(?:del|erase|rd|rmdir)\b(?:\s+/[sfq])+\s+[\"']?(?:[c-z]:\\?(?:\*|users|windows)?|%(?:systemroot|userprofile)%)",
        ),
        ("destroys files", r"\bformat\s+[c-z]:\s*(?:/|$)|\bvssadmin\b\s+delete\s+shadows|\bcipher\s+/w:"),
        ("exhausts the machine", r":\s*\(\s*\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:"),
        (
            "makes itself start again",
            r"\bcrontab\b\s+(?:-(?!l\b)|[^\s-])|\|\s*crontab\b|>>?\s*\S*/etc/(?:cron|rc\.local|profile|ld\.so\.preload|sudoers|passwd)",
        ),
        (
            "makes itself start again",
            (
                r">>?\s*[\"']?\S*(?:\.bashrc|\.bash_profile|\.zshrc|\.profile|authorized_keys|LaunchAgents)|\bschtasks\b[^\n]{0,200}?/create"
                r"|\breg(?:\.exe)?\s+add\b[^\n]{0,200}?\\(?:Run|RunOnce)\b|\bsystemctl\s+enable\s+\S*(?:/tmp|/dev/shm)"
            ),
        ),
        (
            "sends files or secrets away",
            (
                rf"{_FETCH}[^\n]{{0,400}}?(?:-d|--data\S*|-F|--form|-T|--upload-file"
                rf"|--post-(?:data|file))[ =]*[\"']?(?:\w+=)?@?\S*"
                r"(?:id_rsa|id_ed25519|\.ssh|/etc/(?:passwd|shadow)|\.aws|\.netrc|\.kube|\.gnupg|\.env\b|\.git-credentials|\$\(|`)"
            ),
        ),
        (
            "sends files or secrets away",
            r"(?:\b(?:env|printenv|set|id|whoami|uname|hostname|ifconfig)\b|cat\s+\S*(?:/etc/|\.ssh|\.aws|\.netrc|id_rsa)|tar\s+\S*c\S*\s)[^\n;&]{0,200}?\|[^\n;&]{0,200}?(?:\bcurl\b|\bwget\b|\bnc\b|\bncat\b|\bnetcat\b)",
        ),
        (
            "sends what it finds by name look-ups",
            r"\b(?:nslookup|dig|host|ping)\b[^\n]{0,120}?(?:\$\(|`)[^\n]{0,80}?(?:\)|`)\S*\.",
        ),
        (
            "sends what it finds in an address",
            rf"{_FETCH}[^\n]{{0,300}}?https?://\S*(?:\$\(|`)\s*(?:whoami|id|hostname|env|cat|uname|pwd|base64)",
        ),
        (
            "installs packages from a bare address",
            r"\bpip[\d.]*\s+(?:install|download)\b[^\n;|&]{0,300}?\bhttps?://\d{1,3}(?:\.\d{1,3}){3}(?=[:/\s\"']|$)",
        ),
        ("mines", r"\bxmrig\b|stratum\+tcp://|\bminerd\b|cryptonight"),
        (
            "loads a library into every program",
            r"\bLD_PRELOAD\s*=\s*\S*(?:/tmp|/dev/shm)|/etc/ld\.so\.preload",
        ),
        (
            "runs from a scratch folder",
            r"\bchmod\s+(?:\S*\+\S*x|[0-7]*7[0-7]{2})\s+\S*(?:/tmp/|/dev/shm/|/var/tmp/)\S+\s*(?:&&|;)",
        ),
        ("becomes root", r"\bchmod\s+(?:u\+s|\+s|[4-7][0-7]{3})\s|\bNOPASSWD\b"),
        (
            "turns protection off",
            r"Set-MpPreference\b[^\n]{0,80}?-Disable|\bsetenforce\s+0\b|\bufw\s+disable\b|netsh\s+advfirewall\s+set\s+\S+\s+state\s+off",
        ),
    )
)

_TRIGGER = re.compile(
    r"curl|wget|pip[\d.]*\s+(?:install|download)|fetch\s|aria2c|lwp-download|base64|base32|openssl|xxd|/dev/(?:tcp|udp)|\bnc\b|ncat|netcat|mkfifo|socat|sh\s+-i|telnet"
    r"|\b(?:python[\d.]*|perl|ruby|php|node|lua)\s+-|powershell|pwsh|\biex\b|invoke-|\biwr\b|\birm\b|frombase64|download(?:string|data)"
    r"|certutil|bitsadmin|mshta|regsvr32|rundll32|wmic|\brm\s|mkfs|\bdd\s|\b(?:del|erase|rd|rmdir)\s+/|\bformat\s+[c-z]:|vssadmin"
    r"|cipher\s+/w|:\s*\(\s*\)\s*\{|crontab|/etc/|\.(?:bashrc|bash_profile|zshrc|profile)\b|authorized_keys|LaunchAgents|schtasks"
    r"|\breg(?:\.exe)?\s+add|systemctl|\b(?:nslookup|dig|host|ping)\s|xmrig|stratum|minerd|cryptonight|LD_PRELOAD|chmod|NOPASSWD"
    r"|Set-MpPreference|setenforce|\bufw\b|netsh",
    re.IGNORECASE,
)
"""Words of which every attack below needs one."""
_ADDRESS = re.compile(r"\w+://[^\s'\"|;)]+")

_KNOWN_INSTALLERS = re.compile(
    r"https?://(?:sh\.rustup\.rs|install\.python-poetry\.org|astral\.sh/uv|get\.docker\.com|deb\.nodesource\.com"
    r"|bootstrap\.pypa\.io|pyenv\.run|repo\.anaconda\.com|raw\.githubusercontent\.com/(?:nvm-sh|Homebrew|pyenv|conda-forge)/)",
    re.IGNORECASE,
)
"""Installers that honest set-up scripts pipe into a shell."""

_EVERYDAY = words(
    """
    git nvcc nvidia-smi ffmpeg ffprobe sox make cmake ninja gcc g++ cc c++ clang ld ldconfig nm
    objdump lscpu sysctl uname which where clear cls ls dir pwd mkdir tar unzip gunzip gzip zip pip
    pip3 conda mamba uv apt apt-get brew rocm-smi rocminfo hipcc hipconfig mpirun torchrun
    accelerate deepspeed srun sbatch scontrol squeue ray espeak espeak-ng java javac dot pdflatex
    pandoc convert tput stty xdg-open open pytest ruff black mypy twine sphinx-build npu-smi xpu-smi
    lspci free df du wc sort head tail sed awk grep diff patch protoc swig cython doxygen getconf
    tensorboard jupyter sw_vers system_profiler xcrun xcodebuild trtexec ldd docker hf
    huggingface-cli
    """
)
_SUSPECT = words(
    """
    id whoami touch echo printf curl wget nc ncat netcat bash sh zsh dash ksh calc calc.exe notepad
    notepad.exe xcalc gnome-calculator kcalc galculator rm cat chmod chown chattr kill killall pkill
    ping nslookup dig host env printenv hostname ifconfig ip ps net powershell pwsh perl ruby node
    php ssh scp sftp rsync crontab at dd base64 osascript say start tasklist reg systeminfo shutdown
    reboot halt poweroff useradd adduser passwd chpasswd true false : sleep telnet socat mkfifo
    mshta certutil bitsadmin regsvr32 rundll32 wmic schtasks wscript cscript msg iptables mount
    umount insmod nohup setsid tee ln mkfs eval exec source cmd xterm
    """
)
"""Programs that payloads start, and that no model needs."""
_SCRATCH = ("/tmp/", "/dev/shm/", "/var/tmp/", "./")  # noqa: S108 - folders that are looked for, not used
_WRAPPERS = frozenset({"sudo", "env", "time", "nohup", "exec", "command"})
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=\S*")
_PARTS = re.compile(r"&&|\|\||[;|&\n]")
_SUBSTITUTED = re.compile(r"\$\(|`|<\(")


def judge_command(text: str) -> tuple[CommandWord, str]:
    """What a command line is, and in words why.

    Args:
        text: the line or the whole script; places that are not known may be `{}`.
    """
    text = text[:MOST_TEXT].replace("\\\n", " ").replace("${IFS}", " ").replace("$IFS", " ")
    plain = (
        text.replace("''", "").replace('""', "").replace("\\", "") if "\\" in text or "''" in text else text
    )
    for one in (text,) if plain is text else (text, plain):
        seen = find_attack(one)
        if seen.line:
            return CommandWord.ATTACK, seen.words
    if text.strip() and all(_everyday(part) for part in _PARTS.split(text) if part.strip()):
        return CommandWord.EVERYDAY, ""
    if any(_suspect(part) for part in _PARTS.split(text)):
        return CommandWord.SUSPECT, ""
    return CommandWord.OTHER, ""


def find_attack(text: str) -> FoundAttack:
    """The first command of a script that only attackers write.

    Only the neighbourhood of words that such commands need is matched, so that the time grows with their
    number
    and not with the square of the length.
    """
    end = windows = 0
    for match in _TRIGGER.finditer(text):
        if match.start() < end:
            continue
        windows += 1
        if windows > MOST_WINDOWS:
            return FoundAttack(whole=False)
        start = max(0, match.start() - _BEFORE)
        end = start + _STEP
        seen = _attack_in(text[start : start + _WINDOW])
        if seen is not None:
            return FoundAttack(text.count("\n", 0, start + seen[0]) + 1, seen[1])
    return FoundAttack()


def _attack_in(window: str) -> tuple[int, str] | None:
    """Where in a window an attack begins, and in words what it is."""
    for does, pattern in _ATTACKS:
        for found in pattern.finditer(window):
            if not ("download" in does and _from_known_places(found[0])):
                return found.start(), does
    return None


def _from_known_places(text: str) -> bool:
    """Whether every address in it is that of a known installer."""
    addresses = _ADDRESS.findall(text)
    return bool(addresses) and all(_KNOWN_INSTALLERS.match(a) for a in addresses)


def _program(part: str) -> str:
    """The program a simple command starts, without folders."""
    words = part.split()
    while len(words) > 1 and (words[0] in _WRAPPERS or _ASSIGNED.fullmatch(words[0])):
        words.pop(0)
    return re.split(r"[\\/]", words[0].strip("\"'"))[-1].lower() if words else ""


def _suspect(part: str) -> bool:
    """Whether one simple command starts what payloads start, or something in a scratch folder."""
    words = part.split()
    scratch = bool(words) and words[0].strip("\"'").startswith(_SCRATCH)
    inline = any(w in {"-c", "-e", "-r"} for w in words[1:2])
    program = _program(part).removesuffix(".exe")
    return (
        program in _SUSPECT or scratch or (inline and re.fullmatch(r"python[\d.]*|lua", program) is not None)
    )


def _everyday(part: str) -> bool:
    """Whether one simple command calls a tool that builds, lists or converts, and runs nothing more."""
    if _SUBSTITUTED.search(part):
        return False
    words = part.split()
    while words and (words[0] in _WRAPPERS or _ASSIGNED.fullmatch(words[0])):
        words.pop(0)
    if not words:
        return True
    program = re.split(r"[\\/]", words[0].strip("\"'"))[-1].lower().removesuffix(".exe")
    if program in {"python", "python3", "{}"}:
        return len(words) > 1 and words[1] in {"-m", "--version", "-V", "setup.py"} | {"{}"}
    return program in _EVERYDAY
