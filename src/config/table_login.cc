// See table.h: the provider of tokens.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Section oauth_section() {
  Section section;
  section.name = "oauth";
  section.text =
      "An OpenID provider whose tokens open accounts (OAUTHBEARER, RFC 7628, and XOAUTH2). Set "
      "jwks_url or introspection_url.";
  section.settings = {
      setting("issuer", STAGEPOST_FIELD(policy.login.oauth.issuer), text_codec(),
              "The provider, exactly as its tokens name it in \"iss\"."),
      setting("jwks_url", STAGEPOST_FIELD(policy.login.oauth.jwks_url), text_codec("URL"),
              "Where its keys are (\"jwks_uri\" of its configuration). Signed tokens are verified "
              "with them here; RS256, PS256, ES256 and EdDSA are taken."),
      setting("introspection_url", STAGEPOST_FIELD(policy.login.oauth.introspection_url),
              text_codec("URL"),
              "Where it is asked about each token (RFC 7662), when there is no jwks_url."),
      setting("client_id", STAGEPOST_FIELD(policy.login.oauth.client_id), text_codec(),
              "This server's name at the provider, for introspection."),
      path_setting("client_secret_file", STAGEPOST_FIELD(policy.login.oauth.client_secret_file),
                   {.below = Below::none, .name = {}},
                   "A file with the secret that belongs to it."),
      setting("audience", STAGEPOST_FIELD(policy.login.oauth.audience), text_codec(),
              "Tokens must be made for this audience (\"aud\"): without it a token for any other "
              "service of the provider would open a mailbox here."),
      setting("user_claim", STAGEPOST_FIELD(policy.login.oauth.user_claim), text_codec(),
              "The claim that has the log-in name."),
      setting("timeout", STAGEPOST_FIELD(policy.login.oauth.timeout),
              duration_codec(seconds(1), minutes(1)),
              "How long the provider may take; then the log-in gets 454, not 535."),
      setting("keys_time", STAGEPOST_FIELD(policy.login.oauth.keys_time),
              duration_codec(minutes(1), hours(24)), "How long its keys are kept."),
  };
  return section;
}

}  // namespace

std::vector<Section> login_sections() { return {oauth_section()}; }

}  // namespace config
