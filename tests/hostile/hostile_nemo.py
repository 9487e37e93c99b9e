"""Hostile YAML, of NeMo models and others. Inert text: no YAML library ever reads it."""

OS = "!!python/object/apply:os.system"
NEMO = "model.nemo!/model_config.yaml"
OTHER = "conf/config.yaml"


def bomb():
    first = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    return first + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))


TEXTS = {
    "template-in-yaml": ('chat_template: "{{ x.__class__.__init__.__globals__ }}"\n', "WGH-JT001"),
    "apply": (f"a: {OS} ['true']\n", "WGH-NM001"),
    "apply-in-a-list": (f"a:\n- {OS} ['true']\n", "WGH-NM001"),
    "apply-in-flow": (f"a: [1, {OS} ['true']]\n", "WGH-NM001"),
    "apply-alone": (f"--- {OS} ['true']\n", "WGH-NM001"),
    "apply-subprocess": ("a: !!python/object/apply:subprocess.Popen [[x]]\n", "WGH-NM001"),
    "apply-eval": ("a: !!python/object/apply:eval ['1']\n", "WGH-NM001"),
    "new": ("a: !!python/object/new:os.system ['true']\n", "WGH-NM001"),
    "object": ("a: !!python/object:subprocess.Popen {}\n", "WGH-NM001"),
    "name": ("a: !!python/name:os.system\n", "WGH-NM001"),
    "module": ("a: !!python/module:os\n", "WGH-NM001"),
    "verbatim": ("a: !<tag:yaml.org,2002:python/object/apply:os.system> ['x']\n", "WGH-NM001"),
    "handle": ("%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system ['x']\n", "WGH-NM001"),
    "escaped-tag": ("a: !!python%2Fobject%2Fapply:os.system ['x']\n", "WGH-NM001"),
    "after-a-lone-quote": (f'a: b "c\nx: {OS} [y]\nd: e"\n', "WGH-NM001"),
    "after-an-apostrophe": (f"a: don't\nx: {OS} [y]\n", "WGH-NM001"),
    "after-a-block": (f"a: |\n  text\nx: {OS} [y]\n", "WGH-NM001"),
    "after-an-empty-block": (f"a:\n  b: |\n  c: {OS} [y]\n", "WGH-NM001"),
    "beside-a-block-in-a-list": (f"- key: |\n    text\n  other: {OS} [y]\n", "WGH-NM001"),
    "block-in-a-quote": (f'a: "\n  b: |\n   "\nc: {OS} [y]\n', "WGH-NM001"),
    "block-in-a-quote-in-flow": (f'{{a: "\n b: |\n  ", c: {OS} ["y"]}}\n', "WGH-NM001"),
    "block-in-a-comment": (f"a: # b: |\n  {OS} [y]\n", "WGH-NM001"),
    "block-as-argument": (f"a: {OS}\n- |\n  true\n", "WGH-NM001"),
    "key": (f"? {OS} [y]\n: 1\n", "WGH-NM001"),
    "wide": (f"a: {OS} ['true']\n".encode("utf-16"), "WGH-NM001"),
    "target": ("model:\n  _target_: os.system\n  command: true\n", "WGH-NM002"),
    "target-popen": ("_target_: subprocess.Popen\nargs: [true]\n", "WGH-NM002"),
    "target-exec": ("_target_: builtins.exec\n_args_: ['1']\n", "WGH-NM002"),
    "target-eval-flow": ('{"a": {"_target_": "builtins.eval", "_args_": ["1"]}}\n', "WGH-NM002"),
    "target-quoted": ("'_target_': \"os.system\"\n", "WGH-NM002"),
    "target-escaped": ('"\\x5ftarget_": os.system\n', "WGH-NM002"),
    "target-escaped-value": ('_target_: "\\x6fs.system"\n', "WGH-NM002"),
    "target-alias": ("x: &x os.system\na:\n  _target_: *x\n", "WGH-NM002"),
    "target-anchor": ("a:\n  _target_: &x os.system\n", "WGH-NM002"),
    "target-tagged": ("a:\n  _target_: !!str os.system\n", "WGH-NM002"),
    "target-next-line": ("a:\n  _target_:\n    os.system\n", "WGH-NM002"),
    "target-folded": ("a:\n  _target_: >-\n    os.system\n", "WGH-NM002"),
    "target-complex-key": ("? _target_\n: os.system\n", "WGH-NM002"),
    "target-pickle": ("_target_: pickle.loads\n", "WGH-NM002"),
    "target-torch-load": ("_target_: torch.load\nf: x\n", "WGH-NM002"),
    "target-torch-hub": ("_target_: torch.hub.load\nf: x\n", "WGH-NM002"),
    "target-numpy-load": ("_target_: numpy.load\n", "WGH-NM002"),
    "target-through": ("_target_: torch.os.system\n", "WGH-NM002"),
    "target-nemo-through": ("_target_: nemo.core.classes.common.importlib.import_module\n", "WGH-NM002"),
    "target-getattr": ("_target_: operator.attrgetter\n", "WGH-NM002"),
    "target-runpy": ("_target_: runpy.run_path\n", "WGH-NM002"),
    "target-pip": ("_target_: pip.main\n", "WGH-NM002"),
    "method-of-os": ("_target_: hydra.utils.get_method\npath: os.system\n", "WGH-NM002"),
    "partial-of-os": ("_target_: functools.partial\n_args_: [os.system, x]\n", "WGH-NM002"),
    "class-path": ("model:\n  class_path: subprocess.Popen\n", "WGH-NM002"),
    "latent-target": ("model:\n  target: os.system\n", "WGH-NM002"),
    "namespace": ("a: !!python/object:argparse.Namespace {x: 1}\n", "WGH-NM003"),
    "numpy-scalar": ("a: !!python/object/apply:numpy.core.multiarray.scalar [x]\n", "WGH-NM003"),
    "name-of-a-theme": ("a: !!python/name:materialx.emoji.twemoji\n", "WGH-NM003"),
    "own-target": ("_target_: my_code.models.Net\n", "WGH-NM004"),
    "built-target": ("_target_: ${which}\n", "WGH-NM004"),
    "aliases": (bomb(), "WGH-NM006"),
    "artifact": ("tokenizer:\n  model: nemo:../../etc/passwd\n", "WGH-NM007"),
    "artifact-absolute": ("tokenizer:\n  model: nemo:/etc/passwd\n", "WGH-NM007"),
    "java": ("a: !!javax.script.ScriptEngineManager [x]\n", "WGH-NM008"),
    "java-url": ("a: !!java.net.URLClassLoader [[x]]\n", "WGH-NM008"),
    "ruby": ("a: !ruby/object:Gem::Installer {i: x}\n", "WGH-NM008"),
}
"""Name → text and the rule it breaks."""
CASES = {
    name: (text if isinstance(text, bytes) else text.encode(), rule) for name, (text, rule) in TEXTS.items()
}
CASES["own-target-elsewhere"] = (b"_target_: my_code.models.Net\n", "WGH-NM005")
REVIEW = frozenset({"WGH-NM003", "WGH-NM004"})
NOTE = frozenset({"WGH-NM005"})
DAMAGED = frozenset()

SOUND = {
    "tag-in-a-block": f"text: |\n  x: {OS} ['ls']\n\n  {OS}\nb: 1\n".encode(),
    "tag-in-a-folded-block": f"- a: >-\n    see {OS} here\n    {OS}\n  b: 'x'\n- |2\n   {OS}\n".encode(),
    "empty": b"",
    "nemo": b"""\
target: nemo.collections.asr.models.EncDecCTCModelBPE
nemo_version: 1.20.0
train_ds:
  manifest_filepath: /data/train.json
tokenizer:
  dir: null
  model_path: nemo:0123abcd_tokenizer.model
preprocessor:
  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
  sample_rate: ${sample_rate}
encoder: {_target_: nemo.collections.asr.modules.ConformerEncoder, feat_in: 80}
optim:
  name: adamw
  sched:
    _target_: torch.optim.lr_scheduler.CosineAnnealingLR
""",
    "tuple": b"a: !!python/tuple [1, 2]\nb: !!python/str x\n",
    "tags-of-others": b"f: !Ref X\ng: !Sub '${a}'\nh: !!set {a}\ni: !!binary aGk=\nj: !include other.yaml\n",
    "said-in-words": b"# never !!python/object/apply:os.system\na: 'not !!python/object/apply:os.system'\n",
    "aliases": b"base: &base {a: 1, b: [1, 2]}\nx: {<<: *base}\ny: *base\n",
    "method": b"_target_: hydra.utils.get_method\npath: torch.nn.functional.relu\n",
    "workflow": b"on:\n  push:\njobs:\n  a:\n    steps:\n      - run: |\n          os.system('x')\n",
    "target-word": b"target: test.csv\nname: don't\n",
    "stable-diffusion": b"model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params: {a: 1}\n",
    "documents": b"---\na: 1\n...\n---\nb: 2\n",
    "complex": b"? [a, b]\n: !!omap [x: 1]\n? |\n  key\n: - one\n",
}
NAMES = dict.fromkeys((*CASES, *SOUND), NEMO) | {
    "own-target-elsewhere": OTHER,
    **dict.fromkeys(("workflow", "target-word", "stable-diffusion", "documents"), OTHER),
}
