"""Round six: credentials encoded, cut, gathered; private keys in the forms that files keep them in."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
import random
import zlib
from collections.abc import Callable

from tests.gates.labelled.edited import filled
from tests.gates.made import made


def b64(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def chunks(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


# fmt: off
DISGUISES: dict[str, Callable[[str], tuple[str, str]]] = {
 "b64 const":lambda v:("a.js",f'const k = "{b64(v)}";'),
 "b64 yaml":lambda v:("a.yaml",f"blob: {b64(v)}"),
 "b64 bare":lambda v:("a.txt",b64(v)),
 "b64 twice bare":lambda v:("a.py",f'k = "{b64(b64(v))}"'),
 "b64 thrice":lambda v:("a.py",f'k = "{b64(b64(b64(v)))}"'),
 "b64 env line":lambda v:("a.py",f'cfg = "{b64("API="+v+chr(10)+"PORT=80")}"'),
 "b64 json":lambda v:("a.yaml",f'sa: {b64(json.dumps({"token":v,"url":"https://x"}))}'),
 "b64 halves":lambda v:("a.py",f'k = b64decode("{b64(v)[:20]}" + "{b64(v)[20:]}")'),
 "b64 lines":lambda v:("a.py",'k = b64decode("""\n'+"\n".join(chunks(b64("x=1\ntoken="+v+"\ny=2\n"*3),40))+'\n""")'),
 "hex const":lambda v:("a.go",f'k, _ := hex.DecodeString("{v.encode().hex()}")'),
 "hex upper":lambda v:("a.cs",f'var k = Convert.FromHexString("{v.encode().hex().upper()}");'),
 "hex bare":lambda v:("a.yaml",f"x: {v.encode().hex()}"),
 "hex sep":lambda v:("a.txt",":".join(f"{ord(c):02x}" for c in v)),
 "hex 0x list":lambda v:("a.c","char k[] = { "+", ".join(f"0x{ord(c):02X}" for c in v)+" };"),
 "xxd":lambda v:("a.sh",f"echo {v.encode().hex()} | xxd -r -p"),
 "hex of b64":lambda v:("a.py",f'k = b64decode(bytes.fromhex("{b64(v).encode().hex()}"))'),
 "b64 of hex":lambda v:("a.py",f'k = bytes.fromhex(b64decode("{b64(v.encode().hex())}").decode())'),
 "url":lambda v:("a.txt","https://x.acme.io/?q="+"".join(f"%{ord(c):02x}" for c in v)),
 "url part":lambda v:("a.txt","https://x.acme.io/?q="+v.replace("_","%5F").replace("-","%2D").replace("A","%41")),
 "double url":lambda v:("a.py",'k = unquote(unquote("'+"".join(f"%25{ord(c):02X}" for c in v)+'"))'),
 "html dec":lambda v:("a.html","<i>"+"".join(f"&#{ord(c)};" for c in v)+"</i>"),
 "html hex":lambda v:("a.html","<i>"+"".join(f"&#x{ord(c):x};" for c in v)+"</i>"),
 "reversed py":lambda v:("a.py",f'k = "".join(reversed("{v[::-1]}"))'),
 "reversed rb":lambda v:("a.rb",f"k = '{v[::-1]}'.reverse"),
 "reversed sh":lambda v:("a.sh",f"K=$(echo {v[::-1]} | rev)"),
 "reversed php":lambda v:("a.php",f"$k = strrev('{v[::-1]}');"),
 "reversed b64":lambda v:("a.py",f'k = b64decode("{b64(v)[::-1]}"[::-1])'),
 "b64 reversed":lambda v:("a.py",f'k = b64decode("{b64(v[::-1])}")[::-1]'),
 "codes list py":lambda v:("a.py",f"k = bytes({[ord(c) for c in v]}).decode()"),
 "codes lines":lambda v:("a.py","k = [\n"+"".join(f"    {ord(c)},\n" for c in v)+"]\nk = ''.join(map(chr, k))"),
 "codes wrapped":lambda v:("a.js","const k = String.fromCharCode(\n"+",\n".join("  "+", ".join(str(ord(c)) for c in p) for p in chunks(v,10))+"\n);"),
 "codes php":lambda v:("a.php","$k = "+".".join(f"chr({ord(c)})" for c in v)+";"),
 "codes vb":lambda v:("a.vb","k = "+" & ".join(f"Chr({ord(c)})" for c in v)),
 "codes sql":lambda v:("a.sql","SELECT CHAR("+",".join(str(ord(c)) for c in v)+");"),
 "codes ps":lambda v:("a.ps1","$k = -join ([char[]]("+",".join(str(ord(c)) for c in v)+"))"),
 "codes uint8":lambda v:("a.ts","const k = new TextDecoder().decode(new Uint8Array(["+",".join(str(ord(c)) for c in v)+"]));"),
 "codes java bytes":lambda v:("A.java","byte[] k = new byte[] {"+", ".join("(byte) "+str(ord(c)) for c in v)+"};"),
 "codes rust":lambda v:("a.rs","let k = [" + ", ".join(f"{ord(c)}u8" for c in v)+"];"),
 "char list":lambda v:("a.js","const k = ["+",".join(f"'{c}'" for c in v)+"].join('');"),
 "char list go":lambda v:("a.go","k := string([]rune{"+", ".join(f"'{c}'" for c in v)+"})"),
 "concat lines js":lambda v:("a.js","const k =\n"+" +\n".join(f"  '{p}'" for p in chunks(v,9))+";"),
 "concat lines py":lambda v:("a.py","k = (\n"+"\n".join(f"    '{p}'" for p in chunks(v,7))+"\n)"),
 "concat backslash":lambda v:("a.py","k = "+" + \\\n    ".join(f"'{p}'" for p in chunks(v,9))),
 "concat php":lambda v:("a.php","$k = "+" . ".join(f"'{p}'" for p in chunks(v,9))+";"),
 "concat lua":lambda v:("a.lua","k = "+" .. ".join(f"'{p}'" for p in chunks(v,9))),
 "concat elixir":lambda v:("a.ex","k = "+" <> ".join(f'"{p}"' for p in chunks(v,9))),
 "concat r":lambda v:("a.R","k <- paste0("+", ".join(f'"{p}"' for p in chunks(v,9))+")"),
 "concat sql":lambda v:("a.sql","SELECT "+" || ".join(f"'{p}'" for p in chunks(v,9))+";"),
 "concat sqlfn":lambda v:("a.sql","SELECT CONCAT("+", ".join(f"'{p}'" for p in chunks(v,9))+");"),
 "concat swift":lambda v:("A.swift","let k = "+" + ".join(f'"{p}"' for p in chunks(v,9))),
 "concat rust":lambda v:("a.rs","let k = concat!("+", ".join(f'"{p}"' for p in chunks(v,9))+");"),
 "concat c":lambda v:("a.c","const char *k = "+" ".join(f'"{p}"' for p in chunks(v,9))+";"),
 "concat c lines":lambda v:("a.c","const char *k =\n"+"\n".join(f'  "{p}"' for p in chunks(v,9))+";"),
 "concat ps":lambda v:("a.ps1","$k = "+" + ".join(f"'{p}'" for p in chunks(v,9))),
 "concat vb":lambda v:("a.vb","k = "+" & ".join(f'"{p}"' for p in chunks(v,9))),
 "plus eq":lambda v:("a.py","k = ''\n"+"\n".join(f"k += '{p}'" for p in chunks(v,8))),
 "plus eq js":lambda v:("a.js","let k = '';\n"+"\n".join(f"k += '{p}';" for p in chunks(v,8))),
 "plus eq sh":lambda v:("a.sh","\n".join(f'K+="{p}"' for p in chunks(v,8))),
 "dot eq php":lambda v:("a.php","$k = '';\n"+"\n".join(f"$k .= '{p}';" for p in chunks(v,8))),
 "shovel rb":lambda v:("a.rb","k = +''\n"+"\n".join(f"k << '{p}'" for p in chunks(v,8))),
 "stringbuilder":lambda v:("A.java","StringBuilder k = new StringBuilder();\n"+"\n".join(f'k.append("{p}");' for p in chunks(v,8))),
 "join list lines":lambda v:("a.js","const k = [\n"+",\n".join(f"  '{p}'" for p in chunks(v,8))+",\n].join('');"),
 "join go":lambda v:("a.go","k := strings.Join([]string{"+", ".join(f'"{p}"' for p in chunks(v,8))+'}, "")'),
 "join java":lambda v:("A.java",'String k = String.join("", '+", ".join(f'"{p}"' for p in chunks(v,8))+");"),
 "join rb":lambda v:("a.rb","k = %w["+" ".join(chunks(v,8))+"].join"),
 "join cs":lambda v:("A.cs","var k = string.Concat("+", ".join(f'"{p}"' for p in chunks(v,8))+");"),
 "split dash":lambda v:("a.js",f"const k = '{'|'.join(chunks(v,6))}'.split('|').join('');"),
 "format py":lambda v:("a.py",f"k = '{{}}{{}}'.format('{v[:12]}', '{v[12:]}')"),
 "percent py":lambda v:("a.py",f"k = '%s%s' % ('{v[:12]}', '{v[12:]}')"),
 "sprintf go":lambda v:("a.go",f'k := fmt.Sprintf("%s%s", "{v[:12]}", "{v[12:]}")'),
 "fstr vars":lambda v:("a.py",f"a = '{v[:9]}'\nb = '{v[9:]}'\nk = f'{{a}}{{b}}'"),
 "tmpl vars":lambda v:("a.ts",f"const a = '{v[:9]}';\nconst b = '{v[9:]}';\nconst k = `${{a}}${{b}}`;"),
 "rb interp":lambda v:("a.rb",f"a = '{v[:9]}'\nk = \"#{{a}}{v[9:]}\""),
 "kt interp":lambda v:("A.kt",f'val a = "{v[:9]}"\nval k = "$a{v[9:]}"'),
 "cs interp":lambda v:("A.cs",f'var a = "{v[:9]}";\nvar k = $"{{a}}{v[9:]}";'),
 "swift interp":lambda v:("A.swift",f'let a = "{v[:9]}"\nlet k = "\\(a){v[9:]}"'),
 "php interp":lambda v:("a.php",f"$a = '{v[:9]}';\n$k = \"{{$a}}{v[9:]}\";"),
 "sh halves":lambda v:("a.sh",f"A={v[:9]}\nB={v[9:]}\nK=$A$B"),
 "env halves":lambda v:(".env",f"K_1={v[:14]}\nK_2={v[14:]}"),
 "yaml halves":lambda v:("a.yaml",f"k_prefix: {v[:14]}\nk_rest: {v[14:]}"),
 "tf locals":lambda v:("a.tf",f'locals {{\n  a = "{v[:9]}"\n  b = "{v[9:]}"\n  k = "${{local.a}}${{local.b}}"\n}}'),
 "tf format":lambda v:("a.tf",f'k = format("%s%s", "{v[:9]}", "{v[9:]}")'),
 "yaml fold":lambda v:("a.yaml",f'k: >-\n  {v[:14]}\\\n  {v[14:]}'),
 "java concat far":lambda v:("A.java",f'String a = "{v[:9]}";\nint n = 3;\nfoo();\nString b = "{v[9:]}";\nString k = a + b;'),
 "three vars":lambda v:("a.py",f"a, b, c = '{v[:9]}', '{v[9:15]}', '{v[15:]}'\nk = a + b + c"),
 "dict parts":lambda v:("a.py",f"p = {{1: '{v[:9]}', 2: '{v[9:]}'}}\nk = p[1] + p[2]"),
 "gzip b64":lambda v:("a.py",f'k = gzip.decompress(b64decode("{b64(gzip.compress(v.encode(),mtime=0))}"))'),
 "gzip b64 sh":lambda v:("a.sh",f'echo {b64(gzip.compress(("export K="+v).encode(),mtime=0))} | base64 -d | gunzip'),
 "zlib hex":lambda v:("a.py",f'k = zlib.decompress(bytes.fromhex("{zlib.compress(v.encode()).hex()}"))'),
 "deflate b64":lambda v:("a.js",f'const k = inflateRawSync(Buffer.from("{b64(zlib.compress(v.encode())[2:-4])}", "base64"));'),
 "b85":lambda v:("a.py",f"k = base64.b85decode({base64.b85encode(v.encode()).decode()!r})"),
 "a85":lambda v:("a.py",f"k = base64.a85decode({base64.a85encode(v.encode()).decode()!r})"),
 "b32":lambda v:("a.py",f"k = base64.b32decode('{base64.b32encode(v.encode()).decode()}')"),
 "b32 lower":lambda v:("a.txt",base64.b32encode(v.encode()).decode().lower().rstrip("=")),
 "rot13 py":lambda v:("a.py",f"k = codecs.decode('{codecs.encode(v,'rot13')}', 'rot_13')"),
 "rot13 tr":lambda v:("a.sh",f"K=$(echo '{codecs.encode(v,'rot13')}' | tr 'A-Za-z' 'N-ZA-Mn-za-m')"),
 "rot13 php":lambda v:("a.php",f"$k = str_rot13('{codecs.encode(v,'rot13')}');"),
 "unicode esc":lambda v:("a.json",'{"k": "'+"".join(f"\\u{ord(c):04x}" for c in v)+'"}'),
 "unicode some":lambda v:("a.json",'{"k": "'+v[0]+f"\\u{ord(v[1]):04x}"+v[2:]+'"}'),
 "hex esc some":lambda v:("a.py",f'k = "{v[:3]}\\x{ord(v[3]):02x}{v[4:]}"'),
 "octal sh":lambda v:("a.sh","K=$'"+"".join(f"\\{ord(c):03o}" for c in v)+"'"),
 "U esc":lambda v:("a.py",'k = "'+"".join(f"\\U{ord(c):08x}" for c in v)+'"'),
 "binary":lambda v:("a.py",'k = "'+" ".join(f"{ord(c):08b}" for c in v)+'"'),
 "zwsp":lambda v:("a.txt","\u200b".join([v[:6],v[6:]])),
 "soft hyphen":lambda v:("a.md",v[:9]+"\u00ad"+v[9:]),
 "fullwidth":lambda v:("a.py","k = '"+"".join(chr(ord(c)+0xfee0) if 33<=ord(c)<=126 else c for c in v)+"'"),
 "filler replace":lambda v:("a.js",f"const k = '{'*'.join(chunks(v,7))}'.replace(/\\*/g, '');"),
 "filler words":lambda v:("a.py",f"k = '{v[:9]}REMOVE{v[9:]}'.replace('REMOVE', '')"),
 "spaced":lambda v:("a.txt"," ".join(v)),
 "dashed":lambda v:("a.py",f"k = '{'-'.join(v)}'.replace('-', '')"),
 "tr delete":lambda v:("a.sh",f"K=$(echo '{'.'.join(chunks(v,4))}' | tr -d .)"),
 "sh quotes":lambda v:("a.sh",f"K={v[:4]}\"{v[4:12]}\"'{v[12:]}'"),
 "sh continued":lambda v:("a.sh",f"K={v[:14]}\\\n{v[14:]}"),
 "dockerfile cont":lambda v:("Dockerfile",f"FROM a:1\nENV K={v[:14]}\\\n{v[14:]}"),
 "heredoc sh":lambda v:("a.sh",f"cat <<EOF > x\n{v}\nEOF"),
 "heredoc py":lambda v:("a.py",f'k = """\n    {v}\n""".strip()'),
 "heredoc b64":lambda v:("a.sh",f"base64 -d <<'EOF' > x\n{b64('token: '+v)}\nEOF"),
 "echo printf":lambda v:("a.sh",f"printf '%s%s' '{v[:12]}' '{v[12:]}' > x"),
 "js atob tmpl":lambda v:("a.js",f"const k = atob(`{b64(v)}`);"),
 "buffer from":lambda v:("a.js",f"const k = Buffer.from('{b64(v)}', 'base64').toString();"),
 "go b64":lambda v:("a.go",f'k, _ := base64.StdEncoding.DecodeString("{b64(v)}")'),
 "ps b64":lambda v:("a.ps1",f'$k = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String("{b64(v)}"))'),
 "ps b64 utf16":lambda v:("a.ps1",f'powershell -EncodedCommand {b64(("$k="+chr(39)+v+chr(39)).encode("utf-16-le"))}'),
 "tf b64":lambda v:("a.tf",f'k = base64decode("{b64(v)}")'),
 "json in json":lambda v:("a.json",json.dumps({"cfg":json.dumps({"k":v,"u":"x"})})),
 "json in json 2":lambda v:("a.json",json.dumps({"a":json.dumps({"cfg":json.dumps({"k":v})})})),
 "xml cdata":lambda v:("a.xml",f"<k><![CDATA[{v}]]></k>"),
 "url basic":lambda v:("a.txt",f"https://{v}@git.acme.io/x.git"),
 "url basic2":lambda v:("a.txt",f"https://{v}:x-oauth-basic@git.acme.io/x.git"),
 "basic b64":lambda v:("a.txt",f"Authorization: Basic {b64('x:'+v)}"),
 "path":lambda v:("a.txt",f"/home/a/{v}/x"),
 "filename":lambda v:(f"{v}.txt","x"),
 "min js":lambda v:("a.min.js",'!function(){var a=1;'+"".join(f'function f{i}(a,b){{return a*{i}+b}}' for i in range(200))+f'var k="{v}";'+"".join(f'function g{i}(a,b){{return a*{i}+b}}' for i in range(200))+"}();"),
 "lockfile":lambda v:("package-lock.json",f'      "resolved": "https://registry.acme.io/x.tgz?token={v}",'),
 "vendored":lambda v:("node_modules/x/index.js",f"module.exports = '{v}';"),
 "allow comment":lambda v:("a.py",f"k = '{v}'  # gitleaks:allow  # noqa  # pragma: allowlist secret  # nosec"),
 "test fixture":lambda v:("tests/fixtures/example.txt",f"{v}"),
 "svg":lambda v:("a.svg",f'<svg><text data-x="{v}"/></svg>'),
 "patch in patch":lambda v:("fix.patch",f"@@ -1 +1 @@\n-k = 1\n+k = '{v}'"),
 "csv":lambda v:("a.csv",f"1,\"{v}\",2"),
 "sourcemap":lambda v:("a.js.map",json.dumps({"version":3,"sourcesContent":[f"const k = '{v}';\n"]})),
 "py bytes":lambda v:("a.py",f"k = b'{v[:9]}' b'{v[9:]}'"),
 "go backticks":lambda v:("a.go",f"k := `{v[:9]}` + `{v[9:]}`"),
 "swapcase":lambda v:("a.py",f"k = '{v.swapcase()}'.swapcase()"),
 "slices":lambda v:("a.py",f"s = 'zz{v}zz'\nk = s[2:-2]"),
}
def _keys() -> dict[str, tuple[str, str]]:
    out = {}
    def body(seed: str, n: int = 16, first: str = "MIIEpAIBAAKCAQEA") -> list[str]:
        r = random.Random(seed)
        ls = [made("B", 64, r) for _ in range(n)]
        return [first + ls[0][len(first):], *ls[1:]]

    kinds={"RSA PRIVATE KEY":"MIIEpAIBAAKCAQEA","PRIVATE KEY":"MIIE" "vQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ","EC PRIVATE KEY":"MHcCAQEEI","OPENSSH PRIVATE KEY":"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW","DSA PRIVATE KEY":"MIIBuwIBAAKBgQ","ENCRYPTED PRIVATE KEY":"MIIF" "HDBOBgkqhkiG9w0BBQ0wQTApBgkqhkiG9w0BBQwwHA","PGP PRIVATE KEY BLOCK":"lQOYBGX","SSH2 ENCRYPTED PRIVATE KEY":"P2/56wAAA","ANY PRIVATE KEY":"MC4C" "AQAwBQYDK2VwBCIEI"}
    D = "-" * 5
    for k,f in kinds.items():
        ls = body(k, 12, f[:64])
        pem = f"{D}BEGIN {k}{D}\n"+"\n".join(ls)+f"\n{D}END {k}{D}\n"
        out[k+" file"]=("id_key",pem)
        out[k+" json"]=("sa.json",json.dumps({"type":"service_account","private_key":pem}))
        out[k+" env"]=(".env",'TLS_KEY="'+pem.replace("\n","\\n")+'"')
        out[k+" yaml"]=("a.yaml","tls:\n  crt: x\n  key: |\n"+"".join("    "+line+"\n" for line in pem.splitlines()))
        out[k+" py"]=("a.py",'KEY = """'+pem+'"""')
        out[k+" js concat"]=("a.js","const k = [\n"+",\n".join(f"  '{line}'" for line in pem.splitlines())+"\n].join('\\n');")
        out[k+" js plus"]=("a.js","const k = "+" +\n  ".join(f"'{line}\\n'" for line in pem.splitlines())+";")
        out[k+" tf heredoc"]=("a.tf","key = <<EOT\n"+pem+"EOT")
        out[k+" xml"]=("a.xml","<key>\n"+pem+"</key>")
        out[k+" oneline spaces"]=("a.yaml","key: "+pem.replace("\n"," "))
        out[k+" crlf"]=("a.pem",pem.replace("\n","\r\n"))
        out[k+" comment"]=("a.go","".join(f"// {line}\n" for line in pem.splitlines()))
        out["h "+k+" b64"]=("k.yaml","data:\n  tls.key: "+b64(pem))
        out["h "+k+" b64 bare"]=("a.txt",b64(pem))
        out["h "+k+" no header"]=("k.txt","\n".join(ls))
        out["h "+k+" no header one line"]=("a.py",'KEY = "'+"".join(ls)+'"')
        out["h "+k+" split header"]=("a.py",f'KEY = "{D}BEGIN " + "{k}{D}\\n" + "{"".join(ls)}"')
        out["h "+k+" hex"]=("a.txt",pem.encode().hex())
        out["h "+k+" no trailer"]=("a.txt","\n".join(pem.splitlines()[:6]))
    r = random.Random("ppk")

    def B(n: int) -> str:
        return made("B", n, r)

    out["ppk2"]=("a.ppk","PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\n"+B(64)+"\nPrivate-Lines: 2\n"+B(64)+"\n"+B(64)+"\nPrivate-MAC: "+made("H",40,r))
    out["ppk3"]=("a.ppk","PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\n"+B(64)+"\nPrivate-Lines: 1\n"+B(48)+"\nPrivate-MAC: "+made("H",64,r))
    out["age key"]=("keys.txt","# created: 2026-01-01\n# public key: age1"+made("L",58,r)+"\nAGE-SECRET-KEY-1"+made("U",58,r))
    out["age key code"]=("a.go",'id := "AGE-SECRET-KEY-1'+made("U",58,r)+'"')
    out["jwk"]=("jwk.json",json.dumps({"kty":"RSA","n":made("W",342,r),"e":"AQAB","d":made("W",342,r),"p":made("W",171,r),"q":made("W",171,r)}))
    out["jwk ec"]=("jwk.json",json.dumps({"kty":"EC","crv":"P-256","x":made("W",43,r),"y":made("W",43,r),"d":made("W",43,r)}))
    out["jwk oct"]=("jwk.json",json.dumps({"kty":"oct","k":made("W",43,r),"alg":"HS256"}))
    out["jwk okp py"]=("a.py",'KEY = {"kty": "OKP", "crv": "Ed25519", "x": "'+made("W",43,r)+'", "d": "'+made("W",43,r)+'"}')
    out["wireguard"]=("wg0.conf","[Interface]\nPrivateKey = "+B(43)+"=\nAddress = 10.0.0.2/32")
    out["wireguard psk"]=("wg0.conf","[Peer]\nPublicKey = "+B(43)+"=\nPresharedKey = "+B(43)+"=")
    out["openvpn static"]=("ta.key",D + "BEGIN OpenVPN Static key V1-----\n"+"\n".join(made("H",32,r) for _ in range(16))+"\n" + D + "END OpenVPN Static key V1-----")
    out["minisign"]=("minisign.key","untrusted comment: minisign encrypted secret key\nRWRTY0Iy"+B(200)+"=")
    out["signify"]=("x.sec","untrusted comment: signify secret key\nRWRCSwAAAA"+B(130)+"==")
    out["cosign"]=("cosign.key",D + "BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"+"\n".join(B(64) for _ in range(6))+"\n" + D + "END ENCRYPTED SIGSTORE PRIVATE KEY-----")
    out["tor"]=("hs_ed25519_secret_key","== ed25519v1-secret: type0 ==\n"+B(88))
    out["nostr"]=("a.txt","nsec1"+"".join(r.choice("qpzry9x8gf2tvdw0s3jn54khce6mua7l") for _ in range(58)))
    out["stellar"]=("a.js",'const s = StellarSdk.Keypair.fromSecret("S'+made("T",55,r)+'");')
    out["wif"]=("a.py",'wif = "5J'+"".join(r.choice("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") for _ in range(49))+'"')
    out["xprv"]=("a.txt","xprv"+"".join(r.choice("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") for _ in range(107)))
    out["mnemonic"]=("a.ts",'const mnemonic = "'+" ".join(r.sample(["abandon", "ability", "able", "about", "above", "absent", "absorb", "abstract", "absurd", "abuse", "access", "accident", "account", "accuse", "achieve", "acid", "acoustic", "acquire", "across", "act", "action", "actor", "actress", "actual", "adapt"],12))+'";')
    out["eth pk"]=("hardhat.config.js",'      accounts: ["0x'+made("H",64,r)+'"],')
    out["gcp sa"]=("sa.json",json.dumps({"type":"service_account","project_id":"x","private_key_id":made("H",40,r),"private_key":D + "BEGIN PRIVATE KEY-----\n"+"\n".join(body("sa",10,"MIIEvQIBADANBgkq"))+"\n" + D + "END PRIVATE KEY-----\n","client_email":"x@y.iam.gserviceaccount.com"},indent=2))
    out["h gcp sa b64"]=(".env","GCP_CREDENTIALS="+b64(json.dumps({"type":"service_account","private_key_id":made("H",40,r),"private_key":D + "BEGIN PRIVATE KEY-----\n"+"\n".join(body("sa",6,"MIIEvQIBADANBgkq"))+"\n" + D + "END PRIVATE KEY-----\n"})))
    out["kubeconfig ckd"]=("kubeconfig","users:\n- name: a\n  user:\n    client-certificate-data: "+b64(D + "BEGIN CERTIFICATE-----\n"+B(200))+"\n    client-key-data: "+b64(D + "BEGIN RSA PRIVATE KEY-----\n"+B(400)))
    out["h kubeconfig b64"]=(".env","KUBECONFIG_B64="+b64("apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: "+filled("«A60»","kk")+"\n"))
    out["h dockercfg b64"]=("k.yaml","kind: Secret\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: "+b64(json.dumps({"auths":{"r.acme.io":{"username":"ci","password":filled("«A20»","dk"),"auth":b64("ci:"+filled("«A20»","dk"))}}})))
    out["h p12 b64"]=("a.yaml","p12: MIIKEAIBAzCCCcYGCSqGSIb3DQEHAaCCCbcEggmzMIIJrzCC"+B(800)+"==")
    out["h der b64"]=("a.yaml","key: MIIE" "vgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC"+B(800)+"==")
    out["h der rsa b64"]=("a.yaml","x: MIIEpQIBAAKCAQEA"+B(800)+"==")
    out["h ed25519 der"]=("a.yaml","x: MC4CAQAwBQYDK2VwBCIEI"+B(43))
    out["h ec der"]=("a.yaml","x: MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"+B(130))
    out["rsa xml"]=("a.xml","<RSAKeyValue><Modulus>"+B(171)+"=</Modulus><Exponent>AQAB</Exponent><P>"+B(86)+"==</P><Q>"+B(86)+"==</Q><D>"+B(171)+"=</D></RSAKeyValue>")
    out["ssh in known place"]=(".ssh/id_ed25519",D + "BEGIN OPENSSH PRIVATE KEY-----\n"+"\n".join(body("s",5,"b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"))+"\n" + D + "END OPENSSH PRIVATE KEY-----")
    out["tf state key"]=("terraform.tfstate",'            "private_key_pem": "'+D+'BEGIN RSA PRIVATE KEY-----\\n'+"\\n".join(body("t",8))+'\\n'+D+'END RSA PRIVATE KEY-----\\n",')
    out["tf state pw"]=("terraform.tfstate",'          "attributes": {"result": "'+filled("«P20»","tfr")+'", "length": 20, "bcrypt_hash": "x"}')
    out["aws csv"]=("accessKeys.csv","Access key ID,Secret access key\nAKIA"+made("T",16,r)+","+filled("«B40»","csv"))
    out["asp machinekey"]=("web.config",'<machineKey validationKey="'+made("U",128,r)+'" decryptionKey="'+made("U",64,r)+'" validation="SHA1" />')
    out["dpapi connection"]=("web.config",'<add name="x" connectionString="Data Source=db;User ID=app;Password='+filled("«A16»","cs")+'" />')
    out["otpauth"]=("a.txt","otpauth://totp/acme:a@acme.io?secret="+made("T",32,r)+"&issuer=acme")
    out["recovery codes"]=("codes.txt","github-recovery-codes\n"+"\n".join(made("H",5,r)+"-"+made("H",5,r) for _ in range(8)))
    return out


# fmt: on
KEYS = _keys()
