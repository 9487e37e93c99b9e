"""Words that tell a model's name from other names: a reviewed table, no code.

Sources: the hub's list of its most downloaded models for owners and bare names, the providers' own lists of
hosted models, the IANA registry of media types, and names seen in public repositories.
"""

from weigh.code.word_lists import words

KNOWN_OWNERS = words(
    """
    01-ai ai21labs ai4bharat albert allenai answerdotai apple argilla avsolatorio baai baichuan-inc
    bert-base bigcode bigscience black-forest-labs blevlabs briaai bytedance cambridgeltl cardiffnlp
    codellama cognitivecomputations cohereforai coherelabs compvis cross-encoder dangvantuan
    databricks dbmdz deepmind deepseek-ai deepset depth-anything dima806 dmis-lab distilbert dslim
    eleutherai emilyalsentzer espnet facebook facebookai falconsai finiteautomata flair
    flax-community fixie-ai google google-bert google-t5 gpt2 gradientai hkunlp hf-internal-testing
    helsinki-nlp huggingface huggingfaceh4 huggingfacem4 huggingfacetb ibm ibm-granite impira intel
    intfloat internlm j-hartmann jbetker jinaai jonatasgrosman kandinsky-community klue laion
    langboat latent-consistency liuhaotian llava-hf lmsys lmstudio-community lxyuan madhurjindal
    mattmdjaga maxmin meta-llama microsoft mistral-community mistralai mixedbread-ai mlx-community
    mosaicml mrm8488 moka-ai naver nateraw neuml nlpconnect nlptown nomic-ai nousresearch nvidia
    onnx-community onnx-models open-mmlab openai openai-community openbmb opengvlab openchat
    openlm-research optimum patrickjohncyh papluca philschmid plguillou phi prajjwal1 prosusai
    prompthero pyannote qdrant qwen rinna runwayml s-nlp salesforce sam-lowe segmind
    sentence-transformers shibing624 snunlp snowflake speechbrain sshleifer stabilityai stanfordaimi
    stabilityai state-spaces suno superb supabase systran t5 tencent thebloke thenlper thudm tiiuae
    timbrooks timm tinyllama togethercomputer tohoku-nlp tuner007 unsloth upstage uukuguy vikhyatk
    vinai webml-community wavmark wisesight xai-org xenova xlm-roberta yisol yiyanghkust yainage90
    zai-org zhipuai bartowski mlc-ai nexa-ai ds4sd docling-project hustvl stepfun-ai moonshotai
    minimaxai
    """
)
"""Owners whose repositories on the hub are models, in lower case: `owner/…` needs no more evidence."""

SENTENCE_TRANSFORMERS = words(
    """
    all-MiniLM-L6-v2 all-MiniLM-L6-v1 all-MiniLM-L12-v2 all-MiniLM-L12-v1 all-mpnet-base-v2
    all-mpnet-base-v1 all-distilroberta-v1 all-roberta-large-v1 paraphrase-MiniLM-L6-v2
    paraphrase-MiniLM-L3-v2 paraphrase-MiniLM-L12-v2 paraphrase-mpnet-base-v2
    paraphrase-albert-small-v2 paraphrase-distilroberta-base-v1 paraphrase-distilroberta-base-v2
    paraphrase-multilingual-MiniLM-L12-v2 paraphrase-multilingual-mpnet-base-v2
    paraphrase-xlm-r-multilingual-v1 multi-qa-MiniLM-L6-cos-v1 multi-qa-MiniLM-L6-dot-v1
    multi-qa-mpnet-base-dot-v1 multi-qa-mpnet-base-cos-v1 multi-qa-distilbert-cos-v1
    msmarco-distilbert-base-v4 msmarco-distilbert-base-tas-b msmarco-distilbert-base-v3
    msmarco-MiniLM-L6-cos-v5 msmarco-MiniLM-L-6-v3 msmarco-bert-base-dot-v5
    msmarco-distilbert-dot-v5 distiluse-base-multilingual-cased distiluse-base-multilingual-cased-v1
    distiluse-base-multilingual-cased-v2 stsb-roberta-large stsb-roberta-base stsb-mpnet-base-v2
    stsb-distilbert-base stsb-bert-base bert-base-nli-mean-tokens bert-large-nli-mean-tokens
    roberta-base-nli-stsb-mean-tokens distilbert-base-nli-mean-tokens
    distilbert-base-nli-stsb-mean-tokens xlm-r-bert-base-nli-stsb-mean-tokens quora-distilbert-base
    quora-distilbert-multilingual LaBSE clip-ViT-B-32 clip-ViT-B-16 clip-ViT-L-14
    clip-ViT-B-32-multilingual-v1 gtr-t5-base gtr-t5-large gtr-t5-xl sentence-t5-base
    sentence-t5-large sentence-t5-xl sentence-t5-xxl nli-mpnet-base-v2 nli-roberta-base-v2
    allenai-specter average_word_embeddings_glove.6B.300d static-retrieval-mrl-en-v1
    static-similarity-mrl-multilingual-v1
    """
)
"""Names that stand for `sentence-transformers/NAME`. Source: sbert.net, table of pretrained models."""

BARE_NAMES = words(
    """
    bert-base-uncased bert-base-cased bert-large-uncased bert-large-cased
    bert-base-multilingual-cased bert-base-multilingual-uncased bert-base-chinese
    bert-base-german-cased bert-base-german-dbmdz-cased bert-large-uncased-whole-word-masking
    bert-large-uncased-whole-word-masking-finetuned-squad bert-large-cased-whole-word-masking
    bert-base-cased-finetuned-mrpc bert-base-japanese distilbert-base-uncased distilbert-base-cased
    distilbert-base-multilingual-cased distilbert-base-uncased-distilled-squad
    distilbert-base-cased-distilled-squad distilbert-base-german-cased
    distilbert-base-uncased-finetuned-sst-2-english distilroberta-base distilgpt2 roberta-base
    roberta-large roberta-large-mnli roberta-base-openai-detector roberta-large-openai-detector
    xlm-roberta-base xlm-roberta-large xlm-roberta-large-finetuned-conll03-english xlm-mlm-en-2048
    xlm-mlm-ende-1024 xlm-clm-enfr-1024 xlnet-base-cased xlnet-large-cased albert-base-v1
    albert-base-v2 albert-large-v2 albert-xlarge-v2 albert-xxlarge-v2 albert-xxlarge-v1 gpt2
    gpt2-medium gpt2-large gpt2-xl openai-gpt t5-small t5-base t5-large t5-3b t5-11b camembert-base
    transfo-xl-wt103 ctrl flaubert-base-cased
    """
)
"""Repositories of the hub without an owner, kept under their old names (redirects of the hub)."""

PROVIDERS = words(
    """
    openai azure azure_ai azure-openai anthropic google gemini vertex_ai vertex-ai googleai bedrock
    cohere mistral mistralai groq xai x-ai deepseek perplexity openrouter together_ai together
    fireworks_ai fireworks replicate voyage voyageai jina_ai ai21 cerebras dashscope moonshot zhipu
    sambanova nvidia_nim github_models databricks watsonx
    """
)
"""First parts of `provider/model`, as litellm, OpenRouter, the AI SDK and GitHub Models write them."""

MEDIA_TYPES = words(
    """
    application audio chemical example font haptics image message model multipart text video x-world
    """
)

FOLDERS = words(
    """
    . .. app apps archive artifacts asset assets bin build cache checkpoint checkpoints ckpt ckpts
    cmd common components conf config configs content core css data dataset datasets deploy dev dist
    doc docs download downloads etc example examples exp experiment experiments exps file files
    fixtures home images img include input inputs internal js kaggle lib libs local log logs main
    media misc mnt model model_zoo models modules my_model my_models node_modules notebook notebooks
    opt out output outputs package packages pages pkg plugins pretrain pretrained pretrained_model
    pretrained_models pretrained_weights pretrained-models proc projects public report reports
    resource resources result results root run runs samples save saved saved_model saved_models
    saves script scripts share shared site snapshots source sources spec src static storage store
    styles sys temp templates test tests tmp tools train trained trained_models training
    transformers upload uploads usr util utils val validation var vendor view views weight weights
    work workdir work_dirs workspace www your_org your-org your-username username user org owner
    org-name path organization namespace refs feature fix feat bugfix hotfix release chore
    """
)
"""First parts of a path, of a branch or of a placeholder. None of them owns models on the hub."""

NOT_OWNERS = words(
    """
    actions aws-actions azure-samples bitnami codecov default docker docker-library dependabot github gcr
    golangci goreleaser grafana hadolint hashicorp home-assistant kubernetes library linuxserver
    moby node peaceiris pre-commit prom prometheus psf pypa renovatebot semantic-release softprops
    traefik
    """
)

WORD_PAIRS = words(
    """
    and/or true/false yes/no on/off input/output client/server read/write tcp/ip n/a i/o in/out
    he/she utc/gmt gmt/utc america/new_york enable/disable enabled/disabled start/stop left/right
    user/assistant
    """
)

ZONES = words(
    """
    africa america antarctica arctic asia atlantic australia europe indian pacific etc us
    """
)
"""First parts of the names of time zones."""

OTHER_ENDINGS = words(
    """
    py pyc pyi ipynb js mjs cjs ts tsx jsx vue svelte json jsonl json5 jsonc yaml yml toml ini cfg
    conf properties txt md rst csv tsv parquet arrow xml html htm css scss svg png jpg jpeg gif webp
    ico bmp tif tiff wav mp3 mp4 flac ogg avi mov mkv pdf doc docx xls xlsx ppt sh bash bat ps1 rb
    go rs c cc cpp h hpp java kt scala swift php pl lua r jl sql db sqlite lock log map env git
    gitignore exe dll so dylib whl egg jar war pem key crt dockerfile proto model vocab vec
    """
)
"""Endings of files that hold something else than a network's weights."""

WEIGHT_ENDINGS = words(
    """
    pt pth bin safetensors h5 hdf5 keras onnx ort gguf ggml ckpt tflite pb caffemodel npz weights
    params pdparams pdmodel pkl joblib mlmodel mlpackage engine trt t7 model nemo mar pte task
    litertlm ftz ggmlv3 llamafile prototxt tar vec
    """
)
"""Endings of files that hold weights, most of them used by nothing else."""

SURE_WEIGHT_ENDINGS = WEIGHT_ENDINGS - words(
    """
    bin pkl joblib npz model pb tar task engine params prototxt weights vec
    """
)
"""Endings that hardly anything but weights uses."""
