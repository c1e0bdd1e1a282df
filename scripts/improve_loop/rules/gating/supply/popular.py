"""Names of packages that many projects use, and names that are a typing error away from them."""

from __future__ import annotations

import re
from functools import cache

from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.supply.manifests import Ecosystem, normal

_NAMES: dict[Ecosystem, str] = {
    "pypi": "requests urllib3 certifi idna charset-normalizer numpy pandas scipy matplotlib scikit-learn tensorflow torch torchvision keras transformers pillow opencv-python django flask fastapi uvicorn gunicorn starlette pydantic sqlalchemy alembic psycopg2 psycopg2-binary psycopg pymysql mysqlclient redis celery kombu boto3 botocore s3transfer awscli google-auth google-cloud-storage google-api-python-client azure-core azure-identity azure-storage-blob pytest pytest-cov pytest-mock pytest-xdist pytest-asyncio tox nox coverage mock hypothesis black flake8 pylint mypy isort ruff bandit pre-commit setuptools wheel pip virtualenv poetry hatchling twine build click typer rich tqdm colorama tabulate pyyaml ruamel-yaml toml tomli jsonschema jinja2 markupsafe werkzeug itsdangerous markdown beautifulsoup4 lxml html5lib selenium playwright scrapy aiohttp httpx httpcore h11 anyio websockets websocket-client tornado twisted gevent greenlet cryptography pyopenssl pycryptodome paramiko bcrypt passlib pyjwt python-jose oauthlib requests-oauthlib python-dateutil pytz tzdata arrow pendulum six attrs packaging typing-extensions importlib-metadata zipp filelock platformdirs distlib psutil docker kubernetes ansible fabric invoke ipython jupyter notebook nbconvert sphinx mkdocs openai anthropic langchain litellm tiktoken huggingface-hub datasets tokenizers accelerate sentencepiece protobuf grpcio grpcio-tools pyarrow polars duckdb dask xgboost lightgbm catboost networkx sympy statsmodels seaborn plotly dash streamlit gradio bokeh openpyxl xlrd xlsxwriter python-docx pypdf reportlab faker factory-boy freezegun responses vcrpy moto simplejson orjson ujson msgpack pymongo motor elasticsearch cassandra-driver kafka-python confluent-kafka pika stripe twilio sendgrid slack-sdk python-telegram-bot discord-py tweepy sentry-sdk prometheus-client opentelemetry-api structlog loguru python-dotenv environs dynaconf marshmallow cachetools tenacity backoff more-itertools toolz pyparsing regex chardet pygments docutils wrapt decorator pexpect ptyprocess prompt-toolkit watchdog python-multipart email-validator gitpython python-gitlab pygithub jira semver natsort pathspec zstandard lz4 cffi pycparser cython numba shapely geopandas rasterio fiona pyproj djangorestframework django-cors-headers django-filter whitenoise flask-cors flask-sqlalchemy flask-login wtforms",
    "npm": "react react-dom react-router react-router-dom react-scripts react-redux redux redux-thunk next vue vue-router vuex nuxt svelte @angular/core rxjs jquery lodash underscore ramda moment dayjs date-fns axios node-fetch request got superagent express koa fastify hapi body-parser cors helmet morgan cookie-parser express-session passport jsonwebtoken bcrypt bcryptjs mongoose mongodb sequelize typeorm prisma knex pg mysql mysql2 sqlite3 redis ioredis socket.io socket.io-client ws graphql apollo-server @apollo/client typescript ts-node tslib webpack webpack-cli webpack-dev-server rollup vite parcel esbuild babel-core @babel/core @babel/preset-env babel-loader eslint prettier eslint-config-prettier eslint-plugin-react stylelint jest mocha chai sinon vitest jasmine karma cypress playwright puppeteer nyc supertest nodemon pm2 concurrently cross-env dotenv rimraf mkdirp glob fs-extra chalk colors commander yargs minimist inquirer ora debug winston bunyan pino uuid nanoid semver async bluebird q classnames styled-components @emotion/react tailwindcss postcss autoprefixer sass node-sass less css-loader style-loader file-loader ts-loader html-webpack-plugin bootstrap material-ui @mui/material antd formik yup zod immer zustand mobx swr react-query @tanstack/react-query d3 chart.js three leaflet gsap core-js regenerator-runtime whatwg-fetch isomorphic-fetch cheerio jsdom marked markdown-it highlight.js handlebars ejs pug mustache nodemailer multer sharp aws-sdk @aws-sdk/client-s3 firebase firebase-admin stripe electron electron-builder husky lint-staged semantic-release lerna nx turbo storybook event-stream ua-parser-js left-pad is-odd has-flag ansi-styles supports-color strip-ansi string-width wrap-ansi escape-string-regexp color-convert color-name inherits readable-stream safe-buffer source-map acorn ajv picomatch micromatch braces minimatch brace-expansion json5 js-yaml iconv-lite mime mime-types qs form-data follow-redirects validator discord.js telegraf openai web3 ethers hardhat",
    "cargo": "serde serde_json serde_derive tokio futures hyper reqwest axum actix-web warp rocket clap structopt anyhow thiserror log env_logger tracing tracing-subscriber rand regex lazy_static once_cell chrono time uuid bytes itertools rayon crossbeam parking_lot dashmap num num-traits syn quote proc-macro2 diesel sqlx rusqlite redis tonic prost base64 hex sha2 ring rustls openssl native-tls url percent-encoding toml serde_yaml csv walkdir tempfile dirs nom bitflags libc nix winapi windows async-trait tower criterion proptest mockall insta indexmap smallvec semver memchr flate2 zip image rustdecimal rust_decimal",
    "gem": "rails rake rack bundler rspec rspec-rails rubocop puma unicorn sidekiq devise nokogiri pg mysql2 sqlite3 redis activerecord activesupport sinatra capistrano capybara factory_bot factory_bot_rails faker minitest json thor httparty faraday rest-client pry byebug simplecov webmock vcr aws-sdk aws-sdk-s3 stripe omniauth jwt bcrypt carrierwave paperclip kaminari pundit cancancan jekyll fastlane cocoapods",
    "go": "github.com/gin-gonic/gin github.com/gorilla/mux github.com/spf13/cobra github.com/spf13/viper github.com/spf13/pflag github.com/stretchr/testify github.com/sirupsen/logrus go.uber.org/zap github.com/pkg/errors github.com/google/uuid github.com/golang/protobuf google.golang.org/grpc google.golang.org/protobuf github.com/aws/aws-sdk-go github.com/aws/aws-sdk-go-v2 k8s.io/client-go k8s.io/api k8s.io/apimachinery github.com/prometheus/client_golang github.com/go-redis/redis github.com/redis/go-redis/v9 gorm.io/gorm github.com/jackc/pgx github.com/lib/pq github.com/go-sql-driver/mysql github.com/mattn/go-sqlite3 github.com/labstack/echo github.com/gofiber/fiber github.com/urfave/cli github.com/boltdb/bolt github.com/hashicorp/terraform github.com/docker/docker gopkg.in/yaml.v3 golang.org/x/crypto golang.org/x/net golang.org/x/sys github.com/fatih/color github.com/mitchellh/mapstructure github.com/gorilla/websocket github.com/dgrijalva/jwt-go github.com/golang-jwt/jwt",
    "composer": "symfony/console symfony/http-foundation symfony/framework-bundle laravel/framework guzzlehttp/guzzle monolog/monolog phpunit/phpunit doctrine/orm doctrine/dbal twig/twig nesbot/carbon league/flysystem ramsey/uuid predis/predis phpstan/phpstan vlucas/phpdotenv",
}
_REAL: dict[Ecosystem, str] = {
    "pypi": "cattrs psycopg-binary boto attr jinja tomlkit pip-tools pyjwt fire mocket rfc3986 httptools scikit-image django-redis flask-redis h2 hpack toml-sort pyflakes pylama aiohttp-cors torchaudio pytest-env",
    "npm": "acorn-node asap aws-cdk aws-cdk-lib color colord cookie-signature dargs enquirer gaxios mquery postcss-js safer-buffer source-map-js tslint preact rest-api vest jest-cli chai-as-promised isows morphdom vitepress graphql-ws pino-http sass-loader sinon-chai types swrv ssri umd debuglog less-loader minipass parcel-bundler",
    "cargo": "libm mime sha1 md5 ryu time-macros clap_derive tokio-util serde_with hyper-util bytesize",
    "go": "gopkg.in/yaml.v2",
    "gem": "rspec-core rack-test json-jwt pry-rails thor-rails",
}  # names near a popular one that are packages of their own, also in many projects
_AFFIXES = lazy(
    r"^(?:python3?-|py-|py3-|lib|node-|nodejs-|js-|npm-|the-|go-|rust-)|(?:-python3?|-py3?|-js|-node|-nodejs|js|-npm|-lib|-official|-pro|-rs|2|-core2|-v2|-sdk2|-security|-fix|-patch)$"
)
_MIN = 4  # letters of a name below which every name is near another


@cache
def _known(ecosystem: Ecosystem) -> frozenset[str]:
    return frozenset(_NAMES.get(ecosystem, "").split(" "))


def imitated(name: str, ecosystem: Ecosystem) -> str:
    """The popular package that this name is a typing error away from; empty where it is known or far from all."""
    known = _known(ecosystem)
    if name.lower() in _REAL.get(ecosystem, "").split():
        return ""
    plain = normal(name) if ecosystem == "pypi" else name.lower()
    if plain in known or not known or len(plain) < _MIN:
        return ""
    if _unversioned(plain) in _all_unversioned(ecosystem):
        return ""  # another major version of it
    bare = re.sub(r"[-_.]", "", plain)
    if ecosystem == "cargo" and plain.replace("-", "_") in known:
        return ""  # the registry takes both for one name
    for other, other_bare in _bared(ecosystem):
        if bare == other_bare:
            return other if ecosystem != "pypi" or plain != normal(other) else ""
        if len(other) >= _MIN and abs(len(other) - len(plain)) <= 1 and is_near(plain, other):
            return other
    return _dressed(plain, known)


@cache
def _all_unversioned(ecosystem: Ecosystem) -> frozenset[str]:
    return frozenset(map(_unversioned, _known(ecosystem)))


@cache
def _bared(ecosystem: Ecosystem) -> tuple[tuple[str, str], ...]:
    """The popular names in order, and what is left of each without marks."""
    return tuple((name, re.sub(r"[-_.]", "", name)) for name in sorted(_known(ecosystem)))


def _unversioned(name: str) -> str:
    """A Go module without its major version."""
    return re.sub(r"[./]v\d+$", "", name)


def _dressed(plain: str, known: frozenset[str]) -> str:
    """A popular name with a word for its language or a number put to it."""
    stripped = _AFFIXES.sub("", plain)
    return stripped if stripped != plain and stripped in known and len(stripped) >= 5 else ""


def is_near(left: str, right: str) -> bool:
    """Whether one insertion, deletion, exchange of a letter or swap of two neighbours leads from one to the other."""
    if left == right:
        return False
    if len(left) > len(right):
        left, right = right, left
    at = next((index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(left))
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    swapped = (
        left[at + 1 : at + 2] == right[at : at + 1]
        and left[at : at + 1] == right[at + 1 : at + 2]
        and left[at + 2 :] == right[at + 2 :]
    )
    return left[at + 1 :] == right[at + 1 :] or swapped
