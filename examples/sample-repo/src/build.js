"use strict";

const { mkdirSync, writeFileSync } = require("node:fs");

mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.html", "<!doctype html><title>sample</title><p>It works.</p>\n");
