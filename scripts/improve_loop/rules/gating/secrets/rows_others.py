"""Token formats that other scanners know: a name, and the shape that `tokens.Token` reads. In no order but the alphabet."""

OTHERS = """
airtable {A14-}.v1.{W16-}.{H32-}
appsync da2-{L26}
azure-refresh {D1}.A{W50-}.Ag{W200-}
azure-refresh {D1}.A{W50-}.{D1}.Ag{W200-}
bannerbear bb_ma_{H30}
bannerbear bb_pr_{H30}
dependency-track odt_{A32-}
discord-bot M{W23-27}.{W6}.{W27-40}
discord-bot N{W23-27}.{W6}.{W27-40}
discord-bot O{W23-27}.{W6}.{W27-40}
endor endr+{W16}
figma figp_{W40-54}
finage API_KEY{U32}
fleetbase flb_live_{A20}
flexport shltm_{W40}
fullstory na1.{B100}
infracost ico-{A32}
locationiq pk.{A32}
nightfall NF-{A32}
pagarme ak_live_{A28-}
pubnub pub-c-{L8}-{L4}-{L4}-{L4}-{L12}
pubnub sub-c-{L8}-{L4}-{L4}-{L4}-{L12}
ramp ramp_sec_{A48}
robinhood rh-api-{X8}-{X4}-{X4}-{X4}-{X12}
rootly rootly_{H64}
salad salad_cloud_{A1-8}_{A20-}
salesforce 3MVG9{V80-}
salesforce 5AEP861{V80-}
stackhawk hawk.{W20}.{W20}
stripe-intent pi_{A24}_secret_{A25}
stripe-intent seti_{A24}_secret_{A25}
tableau {B22}==:{A32}
teamwork tkn.v1_{B60-}
trufflehog thog-key-{H16}
voiceflow VF.DM.{X24}.{A16}
voiceflow VF.WS.{X24}.{A16}
voiceflow VF.{X24}.{A16}
webex {A64}_{A4}_{A8}-{A4}-{A4}-{A4}-{A12}
zoho 1000.{H32}.{H32}
"""
