// SPDX-License-Identifier: Apache-2.0
// What each component says by itself: URIs, patterns, names, units.
#include <algorithm>
#include <array>
#include <map>

#include "base/format.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "model/bucket_name.h"
#include "model/path_pattern.h"
#include "model/regex.h"
#include "model/validate_context.h"

namespace cls::model {

void check_filter(const PathFilter& filter, const Place& place, Findings& findings) {
  if (filter.pathSeparator.size() > 1) {
    findings.error(place.below("pathSeparator"),
                   format("the path separator '{}' is not one character", filter.pathSeparator));
  }
  const char separator = separator_of(filter.pathSeparator);
  const auto check = [&](const std::vector<std::string>& patterns, std::string_view list) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (auto problem = pattern_problem(patterns[i], separator)) {
        findings.error(place.below(list).below(i), std::move(*problem),
                       "a pattern knows ? * ** {name} {name:regex}");
      }
    }
  };
  check(filter.includes, "includes");
  check(filter.excludes, "excludes");
}

namespace {

/// On one machine the parts of a key are directories; what the store will refuse is said here.
void check_directories(const Uri& uri, const std::string& text, const Place& place,
                       Findings& findings) {
  auto names = split(uri.key, '/');
  if (!names.empty() && names.back().empty()) names.pop_back();
  for (const auto& name : names) {
    const bool refused = name.empty() || name == "." || name == ".." || name.starts_with(".cls-");
    if (!refused) continue;
    findings.error(place, format("'{}': '{}' can be no directory's name here", text, name),
                   "parts are not empty, not . or .., and do not start with .cls-");
    return;
  }
}

/// True for the names of record stores, docs/formats/uris.md.
bool holds_records(std::string_view bucket) {
  static constexpr std::array<std::string_view, 3> kinds{
      "clusterless-metadata-", "clusterless-arc-state-", "clusterless-manifest-"};
  return std::ranges::any_of(
      kinds, [&](const auto& kind) { return bucket.find(kind) != std::string_view::npos; });
}

void check_object_path(const Uri& uri, const std::string& text, const Place& place,
                       Findings& findings) {
  if (findings.options().substrate == Substrate::Local) {
    check_directories(uri, text, place, findings);
  }
  if (uri.scheme == "s3") {
    if (holds_records(uri.bucket)) {
      findings.error(place,
                     format("'{}': the bucket is one of those that hold cls's own records", text),
                     "another bucket");
    }
    if (auto problem = uri_bucket_problem(uri.bucket)) {
      findings.error(place, format("'{}': {}", text, *problem));
    }
  } else if (uri.scheme == "file") {
    if (!uri.bucket.empty()) {
      findings.error(place, format("'{}' names a host", text), "write file:///path");
    } else if (findings.options().substrate == Substrate::Aws) {
      findings.error(place, format("'{}' exists on one machine only", text),
                     "write s3://bucket/path/");
    }
  } else {
    findings.error(place, format("'{}': objects do not lie at {}://", text, uri.scheme),
                   "s3://bucket/path/ or file:///path/");
  }
}

void check_table_path(const Uri& uri, const std::string& text, const Place& place,
                      Findings& findings) {
  static constexpr std::string_view right = "glue://[catalog]/database/table";
  if (uri.scheme != "glue") {
    findings.error(place, format("'{}' is no table", text), std::string(right));
    return;
  }
  std::size_t parts = 0;
  for (const auto& part : split(uri.key, '/')) parts += part.empty() ? 0 : 1;
  if (parts < 2) findings.error(place, format("'{}' names no table", text), std::string(right));
}

}  // namespace

void check_path(const std::string& uri, PathUse use, const Place& place, Findings& findings) {
  if (uri.empty()) {
    if (place.has_text()) findings.error(place, "the path is empty", "s3://bucket/path/");
    return;
  }
  const auto parsed = Uri::parse(uri);
  if (!parsed) {
    findings.error(place, parsed.error().message);
  } else if (use == PathUse::Table) {
    check_table_path(*parsed, uri, place, findings);
  } else {
    check_object_path(*parsed, uri, place, findings);
  }
}

namespace {

void check(const BucketResource& bucket, const Place& place, Findings& findings) {
  const Place name = place.below("bucketName");
  if (bucket.bucketName.empty() && !name.has_text()) return;
  if (auto problem = bucket_name_problem(bucket.bucketName))
    findings.error(name, std::move(*problem));
}

void check(const TableResource& table, const Place& place, Findings& findings) {
  static const std::vector<std::string> formats{
      "parquet", "csv", "tsv", "json", "orc", "cloudtrail_logs", "apache_logs"};
  const Place format_place = place.below("schema").below("dataFormat");
  const std::string data_format = lower(table.schema.dataFormat);
  if (format_place.has_text() && std::ranges::find(formats, data_format) == formats.end()) {
    findings.error(format_place, format("'{}' is no data format", table.schema.dataFormat),
                   format("one of: {}", join(formats, ", ")));
  }
  check_path(table.pathURI, PathUse::Objects, place.below("pathURI"), findings);
}

void check(const AwsGlueDatabase&, const Place&, Findings&) {}
void check(const AwsComputeEnvironment&, const Place&, Findings&) {}
void check(const AwsEventBus&, const Place&, Findings&) {}

void check_duration(const std::string& text, const Place& place, Findings& findings) {
  if (text.empty() && !place.has_text()) return;
  const auto duration = parse_duration(text);
  if (!duration) findings.error(place, duration.error().message, "ISO 8601, as P30D or PT2H");
}

void check(const CoreRetention& retention, const Place& place, Findings& findings) {
  check_duration(retention.keep, place.below("keep"), findings);
}

void check(const AwsCloudWatchExport& activity, const Place& place, Findings& findings) {
  if (activity.interval.unit.minutes() > 60) {
    findings.error(place.below("interval"),
                   format("the interval '{}' is longer than an hour", activity.interval.text),
                   "Fourths, Sixths, Twelfths or Hours");
  }
  const std::string& path = activity.pathURI;
  if (activity.bucketRef && (path.starts_with('/') || path.starts_with("s3:///"))) return;
  check_path(path, PathUse::Objects, place.below("pathURI"), findings);
}

void check_key_regex(const std::string& text, const Place& place, Findings& findings) {
  static constexpr std::string_view right =
      "name the groups year, month, day and, in this order, hour, minute, second; or epoch";
  const auto regex = Regex::compile(text);
  if (!regex) {
    findings.error(place, regex.error().message);
    return;
  }
  const auto& groups = regex->named_groups();
  const bool epoch = groups.contains("epoch");
  static constexpr std::array<std::string_view, 6> parts{"year", "month",  "day",
                                                         "hour", "minute", "second"};
  std::vector<std::string> missing;
  std::size_t deepest = epoch ? 0 : 3;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (groups.contains(std::string(parts[i]))) deepest = std::max(deepest, i + 1);
  }
  if (epoch && deepest > 0) {
    findings.error(place, format("'{}' has the group 'epoch' and others of a date", text),
                   std::string(right));
    return;
  }
  for (std::size_t i = 0; i < deepest; ++i) {
    if (!groups.contains(std::string(parts[i]))) missing.emplace_back(parts[i]);
  }
  if (!missing.empty()) {
    findings.error(place, format("'{}' lacks the group '{}'", text, join(missing, "', '")),
                   std::string(right));
  }
}

/// `nested`: where the `infrequent` object says a lot source too.
void check_listener(const PutListener& boundary, LotSource effective, const Place* nested,
                    const Place& place, Findings& findings) {
  check_path(boundary.dataset.pathURI, PathUse::Objects, place.below("dataset").below("pathURI"),
             findings);
  check_filter(boundary.filter, place.below("filter"), findings);
  if (boundary.eventArrival == DeclaredArrival::veryFrequent) {
    findings.error(place.below("eventArrival"), "'veryFrequent' is not supported",
                   "write frequent");
  }
  const bool wants_regex = effective == LotSource::keyTimestampRegex;
  if (wants_regex && !boundary.keyRegex) {
    const Place source = place.below("lotSource");
    findings.error(nested != nullptr && !source.exists() ? *nested : source,
                   "the lot source 'keyTimestampRegex' needs 'keyRegex'",
                   "a RE2 with the groups year, month, day …, or epoch");
  }
  if (!boundary.keyRegex) return;
  check_key_regex(*boundary.keyRegex, place.below("keyRegex"), findings);
  if (!wants_regex) {
    findings.error(
        place.below("keyRegex"),
        format("'keyRegex' has no use with the lot source '{}'", json::name_of(effective)),
        R"(write "lotSource": "keyTimestampRegex")");
  }
}

void check(const CorePutListenerBoundary& boundary, const Place& place, Findings& findings) {
  check_listener(boundary, boundary.lot_source(), nullptr, place, findings);
}

void check(const AwsS3PutListenerBoundary& boundary, const Place& place, Findings& findings) {
  const Place nested = place.below("infrequent").below("lotSource");
  check_listener(boundary, boundary.lot_source(), &nested, place, findings);
  if (boundary.lotSource && nested.exists() &&
      *boundary.lotSource != boundary.infrequent.lotSource) {
    findings.error(
        place.below("lotSource"),
        format("the lot source '{}' disagrees with 'infrequent.lotSource', '{}'",
               json::name_of(*boundary.lotSource), json::name_of(boundary.infrequent.lotSource)),
        "leave one of them out");
  }
}

void check(const CoreScheduleBoundary& boundary, const Place& place, Findings& findings) {
  check_path(boundary.dataset.pathURI, PathUse::Objects, place.below("dataset").below("pathURI"),
             findings);
  if (boundary.lotUnit.has_value() == boundary.cron.has_value() &&
      (boundary.cron || !place.below("lotUnit").exists())) {
    findings.error(place, "a schedule has either 'lotUnit' or 'cron'");
  }
}

void check(const CoreJoinBarrier& barrier, const Place& place, Findings& findings) {
  if (barrier.deadline) check_duration(*barrier.deadline, place.below("deadline"), findings);
  if (barrier.require.mode == Requirement::Mode::AtLeast &&
      barrier.require.count > barrier.sources.size()) {
    findings.error(place.below("require"), format("at least {} of {} sources cannot be",
                                                  barrier.require.count, barrier.sources.size()));
  }
}

void check(const CoreRollupBarrier& barrier, const Place& place, Findings& findings) {
  if (barrier.lotUnit.has_value() == barrier.window.has_value() &&
      (barrier.window || !place.below("lotUnit").exists())) {
    findings.error(place, "a rollup has either 'lotUnit' or 'window'");
  }
}

/// A role becomes part of the names of environment variables.
template <class Datasets>
void check_roles(const Datasets& datasets, const Place& place, Findings& findings) {
  std::map<std::string, std::string> seen;
  for (const auto& [role, dataset] : datasets) {
    const auto usable = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    };
    const bool begins_with_letter = !role.empty() && usable(role.front()) && role.front() != '-' &&
                                    (role.front() < '0' || role.front() > '9');
    if (!begins_with_letter || !std::ranges::all_of(role, usable)) {
      findings.error(place.below(role), format("'{}' is no usable role name", role),
                     "letters, digits, '_' and '-', beginning with a letter");
      continue;
    }
    std::string variable = upper(role);
    std::ranges::replace(variable, '-', '_');
    const auto [other, fresh] = seen.emplace(variable, role);
    if (!fresh) {
      findings.error(place.below(role),
                     format("the roles '{}' and '{}' are the same variable CLS_…_{}_…",
                            other->second, role, variable));
    }
  }
}

void check_arc(const ArcBase& arc, PathUse use, const Place& place, Findings& findings) {
  check_roles(arc.sources, place.below("sources"), findings);
  check_roles(arc.sinks, place.below("sinks"), findings);
  for (const auto& [role, sink] : arc.sinks) {
    check_path(sink.pathURI, use, place.below("sinks").below(role).below("pathURI"), findings);
  }
  const bool subscribed =
      std::ranges::any_of(arc.sources, [](const auto& source) { return source.second.subscribe; });
  if (!subscribed && !arc.exclude && place.below("sources").exists()) {
    findings.warning(place.below("sources"),
                     format("the arc '{}' subscribes to no source", arc.name),
                     "it runs only by 'cls exec'");
  }
}

template <class W>
void check(const ArcOf<W>& arc, const Place& place, Findings& findings) {
  constexpr PathUse use =
      std::is_same_v<W, AddPartitionsWorkload> ? PathUse::Table : PathUse::Objects;
  check_arc(arc, use, place, findings);
  check_workload(arc.workload, arc, place.below("workload"), findings);
}

}  // namespace

void check_components(const LoadedDocument& document, Findings& findings) {
  each_component(document, [&](const auto& component, const ComponentPlace& place) {
    check(component, place, findings);
  });
}

}  // namespace cls::model
