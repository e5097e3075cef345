// SPDX-License-Identifier: Apache-2.0
#include "store/aws_credentials.h"

#include <array>
#include <tuple>
#include <utility>

#include "base/captured_output.h"
#include "base/format.h"
#include "json/fields.h"

namespace cls::store {

namespace {

/// Asked for anew so long before their end: what is signed must arrive in time.
constexpr std::chrono::minutes early{5};
/// Settings of profiles that lead to credentials in ways that are not gone here.
constexpr std::array<const char*, 5> other_ways{"sso_session", "sso_account_id", "role_arn",
                                                "web_identity_token_file", "credential_source"};

/// What a `credential_process` prints.
struct ProcessOutput {
  std::int64_t version = 0;
  std::string access_key_id;
  std::string secret_access_key;
  std::optional<std::string> session_token;
  std::optional<std::string> expiration;

  static constexpr auto fields =
      std::tuple{json::required("Version", &ProcessOutput::version, "1"),
                 json::required("AccessKeyId", &ProcessOutput::access_key_id, "id"),
                 json::required("SecretAccessKey", &ProcessOutput::secret_access_key, "secret"),
                 json::optional("SessionToken", &ProcessOutput::session_token, "of a session"),
                 json::optional("Expiration", &ProcessOutput::expiration, "RFC 3339")};
};

tl::unexpected<Failure> none(const AwsProfile& profile, std::string_view why) {
  return fail(FailureCode::Denied,
              format("no credentials for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
                     "set, and {}; set these two (and AWS_SESSION_TOKEN where there is one), or "
                     "AWS_PROFILE to a profile of {}",
                     why, profile.credentials_file));
}

std::string why_not(const AwsProfile& profile) {
  if (!profile.found) {
    return format("there is no profile '{}' in {} and {}", profile.name, profile.credentials_file,
                  profile.config_file);
  }
  for (const char* way : other_ways) {
    if (profile.get(way).empty()) continue;
    return format(
        "profile '{}' says {}, which is not followed here: give it credential_process = aws "
        "configure export-credentials --profile {} --format process",
        profile.name, way, profile.name);
  }
  return format(
      "profile '{}' has neither aws_access_key_id and aws_secret_access_key nor "
      "credential_process",
      profile.name);
}

}  // namespace

Result<std::vector<std::string>> command_words(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size();
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      if (!word) word = "";
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
    } else {
      if (!word) word = "";
      *word += escapes ? text[++i] : c;
    }
  }
  if (quote != 0) return fail(FailureCode::Invalid, format("a {} is not closed", quote));
  if (word) words.push_back(std::move(*word));
  return words;
}

AwsCredentials::AwsCredentials(FileSystem& files, const Clock& clock, Environment getenv, Run run)
    : files_(files), clock_(clock), getenv_(std::move(getenv)), run_(std::move(run)) {
  if (!run_) run_ = [](const auto& command) { return captured_output(command); };
}

Result<http::Credentials> AwsCredentials::current() {
  const std::lock_guard lock(mutex_);
  const bool ends = known_ && known_->expires && clock_.now() >= *known_->expires - early;
  if (known_ && !ends) return *known_;
  auto found = find();
  // Before its end what is known is better than nothing.
  if (!found && known_ && clock_.now() < *known_->expires) return *known_;
  if (found) known_ = *found;
  return found;
}

bool AwsCredentials::renew(const http::Credentials& refused) {
  const std::lock_guard lock(mutex_);
  if (known_ && known_->token != refused.token) return true;  // somebody has done it
  known_.reset();
  auto found = find();
  if (!found || (found->id == refused.id && found->token == refused.token)) return false;
  known_ = std::move(*found);
  return true;
}

std::string AwsCredentials::region() {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto region = getenv_(name); region && !region->empty()) return *region;
  }
  const auto profile = read_aws_profile(files_, getenv_);
  return profile ? profile->get("region") : std::string();
}

Result<http::Credentials> AwsCredentials::find() {
  const auto id = getenv_("AWS_ACCESS_KEY_ID").value_or("");
  const auto secret = getenv_("AWS_SECRET_ACCESS_KEY").value_or("");
  if (!id.empty() && !secret.empty()) {
    return http::Credentials{.id = id,
                             .secret = secret,
                             .token = getenv_("AWS_SESSION_TOKEN").value_or(""),
                             .source = "AWS_ACCESS_KEY_ID of the environment"};
  }
  if (id.empty() != secret.empty()) {
    return fail(FailureCode::Denied,
                format("{} is set and {} is not: set both, or neither and AWS_PROFILE",
                       id.empty() ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
                       id.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"));
  }
  auto profile = read_aws_profile(files_, getenv_);
  if (!profile) return pass(std::move(profile));
  http::Credentials found{.id = profile->get("aws_access_key_id"),
                          .secret = profile->get("aws_secret_access_key"),
                          .token = profile->get("aws_session_token"),
                          .source = format("profile '{}'", profile->name)};
  if (!found.id.empty() && !found.secret.empty()) return found;
  if (!profile->get("credential_process").empty()) return of_process(*profile);
  return none(*profile, why_not(*profile));
}

Result<http::Credentials> AwsCredentials::of_process(const AwsProfile& profile) const {
  const auto refuse = [&](std::string_view why) {
    return fail(FailureCode::Denied,
                format("no credentials for S3: the credential_process of profile '{}': {}",
                       profile.name, why));
  };
  const auto words = command_words(profile.get("credential_process"));
  if (!words) return refuse(words.error().message);
  const auto output = run_(*words);
  if (!output) return refuse(output.error().message);
  const auto read = json::read_record<ProcessOutput>(*output);
  // What it printed is not repeated.
  if (!read) return refuse("it printed no JSON object of the form that is asked for");
  if (read->version != 1) return refuse(format("it speaks version {}, not 1", read->version));
  http::Credentials found{.id = read->access_key_id,
                          .secret = read->secret_access_key,
                          .token = read->session_token.value_or(""),
                          .source = format("credential_process of profile '{}'", profile.name)};
  if (read->expiration) {
    const auto ends = parse_instant(*read->expiration);
    if (!ends) return refuse("its Expiration is no time");
    if (*ends <= clock_.now()) {
      return refuse(format("its credentials ended at {}", format_instant_seconds(*ends)));
    }
    found.expires = *ends;
  }
  return found;
}

}  // namespace cls::store
