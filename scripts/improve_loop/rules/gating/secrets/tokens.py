"""Token formats of providers, as data: what they start with, and what follows.

Sources: the providers' own documentation of their token formats. An example of each is made from the same row, so no
credential-shaped text stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from improve_loop.rules.gating.lazy import lazy

ALPHABETS = {
    "H": "0-9a-f",
    "X": "0-9A-Fa-f",
    "L": "0-9a-z",
    "U": "0-9A-Z",
    "A": "0-9A-Za-z",
    "W": "0-9A-Za-z_-",
    "B": "0-9A-Za-z+/",
    "D": "0-9",
    "V": "0-9A-Za-z_.-",
    "T": "2-7A-Z",
}
_PIECE = lazy(r"\{([A-Z])(\d+)(?:-(\d*))?\}")


@dataclass(frozen=True)
class Token:
    """One format. `{A36}` stands for 36 of an alphabet, `{A20-40}` for a range, `{W20-}` for 20 or more."""

    name: str
    shape: str

    @property
    def keyword(self) -> str:
        """The longest literal of the format, lower-case."""
        literals = _PIECE.split(self.shape)[::4]
        return max(literals, key=len).lower()

    @property
    def pattern(self) -> str:
        """The regular expression; bounded, and not inside a longer word."""
        parts = _PIECE.split(self.shape)
        out = r"(?<![0-9A-Za-z])" if parts[0][:1].isalnum() else ""
        for at in range(0, len(parts), 4):
            out += re.escape(parts[at])
            if at + 3 < len(parts):
                out += f"[{ALPHABETS[parts[at + 1]]}]{_count(parts[at + 2], parts[at + 3])}"
        return out + r"(?![0-9A-Za-z])"


def _count(least: str, most: str | None) -> str:
    if most is None:
        return f"{{{least}}}"
    return f"{{{least},{most or 600}}}"


def _rows(text: str) -> tuple[Token, ...]:
    lines = (line.split(None, 1) for line in text.strip().splitlines())
    return tuple(Token(name, shape.strip()) for name, shape in lines)


CLOUD = _rows("""
aws-access-key AKIA{T16}
aws-access-key ASIA{T16}
aws-access-key ABIA{T16}
aws-access-key ACCA{T16}
aws-access-key AKIA{U16}
aws-access-key ASIA{U16}
aws-session-token IQoJb3JpZ2lu{B80-}
aws-session-token FwoGZXIvYXdz{B80-}
aws-mws amzn.mws.{H8}-{H4}-{H4}-{H4}-{H12}
aws-bedrock ABSK{B40-}
aws-bedrock bedrock-api-key-{B40-}
google-api-key AIza{W35}
google-oauth-secret GOCSPX-{W28}
google-oauth-token ya29.{W20-}
google-refresh-token 1//0{W40-}
azure-storage-key {B76}+ASt{B6}==
azure-cosmos-key {B76}ACDb{B6}==
azure-servicebus-key {B33}+ASb{B6}=
azure-eventhub-key {B33}+AEh{B6}=
azure-search-key {A42}AzSe{A6}
azure-function-key {W44}AzFu{W6}==
azure-registry-key {B42}+ACR{A6}
azure-openai-key {A52}JQQJ9{A20-40}
azure-devops-token {A76}AZDO{A4}
alibaba-key LTAI{A12-24}
tencent-key AKID{A32}
volcengine-key AKLT{W40-}
yandex-api-key AQVN{W35-40}
yandex-oauth y0_{W50-}
yandex-iam t1.{W100-}.{W80-}
scaleway-key SCW{U17}
digitalocean dop_v1_{H64}
digitalocean doo_v1_{H64}
digitalocean dor_v1_{H64}
digitalocean-spaces DO00{U16}
heroku HRKU-{W58-}
heroku HRKU-{H8}-{H4}-{H4}-{H4}-{H12}
fly fo1_{W43}
fly fm1r_{B80-}
fly fm2_{B80-}
render rnd_{A28-40}
netlify nfp_{A36-40}
netlify nfc_{A36-40}
netlify nfo_{A36-40}
vercel vcp_{A24-60}
vercel vci_{A24-60}
vercel vca_{A24-60}
vercel vcr_{A24-60}
vercel vck_{A24-60}
vercel-blob vercel_blob_rw_{A16-}_{A20-}
cloudflare cfut_{A40-}
cloudflare cfat_{A40-}
cloudflare cfk_{A40-}
cloudflare-origin v1.0-{H24}-{H146}
scalingo tk-us-{W48}
aiven AVNS_{W15-30}
supabase sbp_{H40}
supabase sb_secret_{W30-40}
neon napi_{L50-}
planetscale pscale_tkn_{V32-64}
planetscale pscale_pw_{V32-64}
planetscale pscale_oauth_{V32-64}
cockroach CCDB1_{A22}_{A40}
fauna fnA{W37}
xata xau_{A35-}
mongodb-atlas mdb_sa_sk_{W40}
turso eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.{W40-}.{W60-}
databricks dapi{H32}
databricks dose{H32}
databricks dkea{H32}
tailscale tskey-auth-{A8-}-{A20-}
tailscale tskey-api-{A8-}-{A20-}
tailscale tskey-client-{A8-}-{A20-}
tailscale tskey-webhook-{A8-}-{A20-}
ngrok ak_{A27}
akamai akab-{L16}-{L16}
pulumi pul-{H40}
terraform-cloud {A14}.atlasv1.{W60-70}
vault hvs.{W24-}
vault hvb.{W24-}
vault hvr.{W24-}
doppler dp.pt.{A40-44}
doppler dp.ct.{A40-44}
doppler dp.sa.{A40-44}
doppler dp.scim.{A40-44}
doppler dp.audit.{A40-44}
openshift sha256~{W43}
rancher token-{L5}:{L54}
onepassword ops_eyJ{B200-}
infisical st.{H24}.{H32}.{H32}
age-secret-key AGE-SECRET-KEY-1{U58}
age-plugin AGE-PLUGIN-{U3-10}-1{U40-}
backblaze K00{D1}{B27}
filebase FB_{A20-}
""")

FORGES = _rows("""
github-token ghp_{A36-}
github-token gho_{A36-}
github-token ghu_{A36-}
github-token ghs_{A36-}
github-token ghr_{A36-}
github-fine-grained github_pat_{A22}_{A59}
github-fine-grained github_pat_{W60-}
gitlab-token glpat-{V20-}
gitlab-token gldt-{W20-}
gitlab-token glrt-{V20-}
gitlab-token glrtr-{V20-}
gitlab-token glcbt-{W20-}
gitlab-token glptt-{W20-}
gitlab-token glft-{W20-}
gitlab-token glimt-{W20-}
gitlab-token glagent-{W40-}
gitlab-token gloas-{W40-}
gitlab-token glsoat-{W20-}
gitlab-token glffct-{W20-}
gitlab-token glwt-{V20-}
gitlab-runner GR1348941{W20-}
bitbucket ATBB{A24-}
bitbucket ATCTT3{V50-}
atlassian ATATT3{V80-}
atlassian ATSTT3{V50-}
trello ATTA{X60-}
gitea gta_{A30-}
sourcegraph sgp_{X40}
sourcegraph sgp_{X16}_{X40}
sourcegraph slk_{H64}
npm npm_{A36}
pypi pypi-AgEI{W50-}
pypi pypi-AgEN{W50-}
rubygems rubygems_{H48}
nuget oy2{L43}
crates cio{A32}
clojars CLOJARS_{L60}
packagist packagist_uut_{H68}
packagist packagist_ors_{H68}
packagist packagist_out_{H68}
jfrog AKCp{A60-80}
jfrog cmVmdGtu{A50-}
docker dckr_pat_{W27}
docker dckr_oat_{W32}
circleci CCIPAT_{A22}_{H40}
circleci CCIPRJ_{A22}_{H40}
buildkite bkua_{H40}
buildkite bkat_{A20-}
buildkite bkct_{A20-}
buildkite bkaj_{A20-}
harness pat.{W22}.{H24}.{A20}
harness sat.{W22}.{H24}.{A20}
octopus API-{U25-30}
sonar sqp_{H40}
sonar squ_{H40}
sonar sqa_{H40}
snyk snyk_uat.{H8}.{W40-}
codecov-cli codecov_{A30-}
chromatic chpt_{L12-}
postman PMAK-{H24}-{H34}
postman-collection PMAT-{U26}
argo argocd_{A30-}
drone drn_{A30-}
travis-ci travis_{A22}
semaphore smp_{W30-}
deno ddp_{A36}
deno ddo_{A36}
expo expo_{W36-}
nx-cloud nxc_{A30-}
teamcity eyJ0eXAiOiAiVENWMiJ9.{W20-}.{W20-}
prefect pnu_{A36}
prefect pnb_{A36}
launchdarkly sdk-{H8}-{H4}-{H4}-{H4}-{H12}
launchdarkly api-{H8}-{H4}-{H4}-{H4}-{H12}
launchdarkly mob-{H8}-{H4}-{H4}-{H4}-{H12}
dbt dbtc_{W30-}
dbt dbtu_{W30-}
settlemint sm_pat_{A16}
settlemint sm_aat_{A16}
settlemint sm_sat_{A16}
intra42 s-s4t2ud-{H64}
intra42 s-s4t2af-{H64}
ionic ion_{A42}
readme rdme_{L70}
beamer b_{W44}
contentful CFPAT-{W43}
sanity sk{A80-}
ghost-admin {H24}:{H64}
""")

MESSAGES = _rows("""
slack xoxb-{D8-}-{W10-}
slack xoxp-{D8-}-{W10-}
slack xoxa-{W10-}
slack xoxr-{W10-}
slack xoxs-{W10-}
slack xoxo-{W10-}
slack xoxe-{W20-}
slack xoxe.xoxp-{D1}-{A100-}
slack xoxe.xoxb-{D1}-{A100-}
slack xoxc-{W20-}
slack xoxd-{V20-}
slack xapp-{D1}-{U8-}-{D8-}-{H40-}
slack-webhook hooks.slack.com/services/T{U6-}/B{U6-}/{A16-}
slack-webhook hooks.slack.com/workflows/T{U6-}/A{U6-}/{D10-}/{A20-}
slack-webhook hooks.slack.com/triggers/T{U6-}/{D10-}/{A20-}
discord-webhook discord.com/api/webhooks/{D16-20}/{W60-80}
discord-webhook discordapp.com/api/webhooks/{D16-20}/{W60-80}
teams-webhook .webhook.office.com/webhookb2/{H8}-{H4}-{H4}-{H4}-{H12}@{H8}-{H4}-{H4}-{H4}-{H12}/IncomingWebhook/{H32}/
zapier-webhook hooks.zapier.com/hooks/catch/{D5-}/{L6-}
ifttt-webhook maker.ifttt.com/trigger/{W1-60}/with/key/{W20-}
make-webhook hook.make.com/{L28-40}
google-chat-webhook chat.googleapis.com/v1/spaces/{W8-}/messages?key={W20-}&token={W20-}
feishu-webhook open.feishu.cn/open-apis/bot/v2/hook/{H8}-{H4}-{H4}-{H4}-{H12}
dingtalk-webhook oapi.dingtalk.com/robot/send?access_token={H64}
wecom-webhook qyapi.weixin.qq.com/cgi-bin/webhook/send?key={H8}-{H4}-{H4}-{H4}-{H12}
twilio SK{H32}
sendgrid SG.{W22}.{W43}
sendgrid SG.{W16-32}.{W16-64}
mailgun key-{H32}
mailgun pubkey-{H32}
mailchimp {H32}-us{D1-2}
mandrill md-{W22}
brevo xkeysib-{H64}-{A16}
brevo xsmtpsib-{H64}-{A16}
resend re_{A8}_{A24}
resend re_{A32}
telegram {D8-10}:AA{W33}
line channel_{A40-}
intercom dG9rOm{B40-}
hubspot pat-na1-{H8}-{H4}-{H4}-{H4}-{H12}
hubspot pat-na2-{H8}-{H4}-{H4}-{H4}-{H12}
hubspot pat-eu1-{H8}-{H4}-{H4}-{H4}-{H12}
klaviyo pk_{H34}
linear lin_api_{A40}
linear lin_oauth_{H64}
notion secret_{A43}
notion ntn_{D11}{A35}
airtable pat{A14}.{H64}
asana {D1}/{D13-}:{H32}
asana {D1}/{D13-}/{D13-}:{H32}
figma figd_{W40}
figma figu_{W40}
figma figo_{W40}
dropbox sl.{W130-}
dropbox sl.u.{W100-}
typeform tfp_{V40-}
facebook EAA{A80-}
facebook EAACEdEose0cBA{A20-}
instagram IGQ{A80-}
twitter-bearer AAAAAAAAAAAAAAAAAAAAA{A30-}
linkedin WPL_AP1.{A16}.{B6-}
mapbox sk.eyJ{W60-}.{W22}
shippo shippo_live_{H40}
shippo shippo_test_{H40}
easypost EZAK{A54}
easypost EZTK{A54}
frameio fio-u-{W64}
adobe p8e-{H32}
pagerduty pdus+{W15-}
onesignal os_v2_app_{L50-}
onesignal os_v2_org_{L50-}
posthog phx_{A40-}
posthog phs_{A40-}
segment sgp_{A64}
customerio cio_{A30-}
n8n n8n_api_{H40-}
apify apify_api_{A36}
knock sk_test_{W30-}
messagebird live_{A25}
""")

MONEY = _rows("""
stripe sk_live_{A10-}
stripe sk_test_{A10-}
stripe rk_live_{A10-}
stripe rk_test_{A10-}
stripe sk_prod_{A10-}
stripe rk_prod_{A10-}
stripe-webhook whsec_{B24-}
square sq0atp-{W22}
square sq0csp-{W43}
square sq0idb-{W22}
square EAAA{W60}
paypal access_token$production${L16}${H32}
paypal access_token$sandbox${L16}${H32}
razorpay rzp_live_{A14}
razorpay rzp_test_{A14}
mollie live_{A30}
mollie test_{A30}
gocardless live_{W40}
gocardless sandbox_{W40}
flutterwave FLWSECK-{A30-}-X
flutterwave FLWSECK_TEST-{A10-}
flutterwave FLWSECK_TEST-{A10-}-X
lob live_{H35}
lob test_{H35}
plaid access-production-{H8}-{H4}-{H4}-{H4}-{H12}
plaid access-sandbox-{H8}-{H4}-{H4}-{H4}-{H12}
plaid access-development-{H8}-{H4}-{H4}-{H4}-{H12}
duffel duffel_live_{W43}
duffel duffel_test_{W43}
paddle pdl_live_apikey_{L26}_{A22}_{A3}
paddle pdl_sdbx_apikey_{L26}_{A22}_{A3}
checkout sk_sbox_{L26-}
shopify shpat_{X32}
shopify shpca_{X32}
shopify shppa_{X32}
shopify shpss_{X32}
polar polar_oat_{A30-}
adyen AQE{W100-}
maxmind {A6}_{A29}_mmk
bitcoin-extended-key xprv{A107}
rapidapi {H10}msh{H15}p{H6}jsn{H12}
""")

MODELS = _rows("""
openai sk-{A20}T3BlbkFJ{A20}
openai sk-proj-{W20-}
openai sk-svcacct-{W20-}
openai sk-admin-{W20-}
openai sk-None-{W20-}
openai sess-{A40}
anthropic sk-ant-api03-{W80-}
anthropic sk-ant-admin01-{W80-}
anthropic sk-ant-oat01-{W60-}
anthropic sk-ant-ort01-{W60-}
anthropic sk-ant-sid01-{W60-}
openrouter sk-or-v1-{H64}
sk-key sk-{H32}
sk-key sk-{A40-64}
sk-key sk-{W40-}
langfuse sk-lf-{H8}-{H4}-{H4}-{H4}-{H12}
helicone sk-helicone-{W20-}
hugging-face hf_{A34-40}
hugging-face api_org_{A34}
replicate r8_{A37}
groq gsk_{A52}
xai xai-{A70-90}
perplexity pplx-{A48}
fireworks fw_{A22-}
together tgp_v1_{W43}
cerebras csk-{L48}
elevenlabs sk_{H48}
wandb wandb_v1_{A40-}
langsmith lsv2_pt_{H32}_{H10}
langsmith lsv2_sk_{H32}_{H10}
tavily tvly-{W20-}
voyage pa-{W43}
jina jina_{A60}
nvidia nvapi-{W60-}
firecrawl fc-{H32}
e2b e2b_{H40}
pinecone pcsk_{A4-6}_{A60-}
llamacloud llx-{A48}
anyscale esecret_{A24-}
runpod rpa_{A40-}
modal ak-{A22}
modal as-{A22}
fal {H8}-{H4}-{H4}-{H4}-{H12}:{H32}
zhipu {H32}.{A16}
cursor key_{H64}
context7 ctx7sk-{H8}-{H4}-{H4}-{H4}-{H12}
mem0 m0-{A40}
browserbase bb_live_{W25-}
coze pat_{A64}
dify app-{A24}
deepai quickstart-{H40}
""")

WATCHING = _rows("""
newrelic NRAK-{U27}
newrelic NRII-{W32}
newrelic NRJS-{H19}
newrelic NRAA-{H27}
newrelic NRAL-{H30-}
sentry sntrys_eyJ{B60-}
sentry sntryu_{H64}
sentry sntrya_{H64}
grafana glsa_{A32}_{X8}
grafana glc_eyJ{B30-}
grafana eyJrIjoi{B60-}
honeycomb hcaik_{A20-}
honeycomb hcxik_{A20-}
honeycomb hcbik_{A20-}
dynatrace dt0c01.{T24}.{T64}
dynatrace dt0s01.{T8-}.{T64}
dynatrace dt0s02.{T8-}.{T64}
dynatrace dt0s16.{T8-}.{T64}
better-stack bst_{A20-}
axiom xaat-{H8}-{H4}-{H4}-{H4}-{H12}
axiom xapt-{H8}-{H4}-{H4}-{H4}-{H12}
checkly cu_{H32}
datadog-app ddapp_{A34}
elastic essu_{B60-}
splunk-observability sfx_{A22}
logfire pylf_v1_us_{A43}
logfire pylf_v1_eu_{A43}
inngest signkey-prod-{H64}
trigger tr_prod_{A20-}
trigger tr_dev_{A20-}
hcaptcha ES_{H32}
turnstile 0x4AAAAAAA{W25-}
brave BSA{W27}
svix testsk_{W30-}.eu
svix sk_{W32}.us
unkey unkey_{A20-}
liveblocks sk_dev_{W30-}
clerk sk_live_{A40-}
stytch secret-live-{W36}=
stytch secret-test-{W36}=
workos sk_live_{A50-}
auth0-management eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6{W20-}.{W40-}.{W40-}
""")

TOKENS = CLOUD + FORGES + MESSAGES + MONEY + MODELS + WATCHING
