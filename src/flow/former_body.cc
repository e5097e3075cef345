// SPDX-License-Identifier: Apache-2.0
#include "flow/former_body.h"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/format.h"
#include "flow/conditional.h"
#include "flow/publisher.h"

namespace cls::flow {

namespace {

/// Which revision a body says it is.
std::uint64_t revision_of(const record::Manifest& manifest) {
  constexpr std::string_view word = "revision ";
  const std::string_view text = manifest.comment ? *manifest.comment : std::string_view();
  std::uint64_t number = 1;
  if (text.starts_with(word)) {
    std::from_chars(text.data() + word.size(), text.data() + text.size(), number);
  }
  return number;
}

/// The attempt whose parts a manifest lists; empty where it has none.
std::string attempt_of_parts(const record::Manifest& manifest) {
  constexpr std::string_view label = "/attempt=";
  if (manifest.uriType != record::UriType::manifest || manifest.uris.empty()) return {};
  const std::string& part = manifest.uris.front();
  const auto at = part.find(label);
  if (at == std::string::npos) return {};
  const auto begin = at + label.size();
  return part.substr(begin, part.find('/', begin) - begin);
}

/// nullopt for a members file that is gone or damaged: nothing follows from it.
Result<std::optional<record::MembersFile>> members_if_readable(store::ObjectStore& store,
                                                               const Uri& uri) {
  auto object = get_if_present(store, uri);
  if (!object) return pass(std::move(object));
  if (!*object) return std::optional<record::MembersFile>();
  auto file = record::read_members((*object)->bytes);
  return file ? std::optional(std::move(*file)) : std::nullopt;
}

Uri members_of(const CommittedSink& committed, const std::string& attempt) {
  const auto& arc = committed.arc;
  return arc.project->places.members(arc.project->plan.project, arc.arc->name, committed.lot,
                                     attempt);
}

/// Where a body is kept that an attempt made.
Uri place_to_keep(const CommittedSink& committed, const std::string& maker) {
  return committed.arc.project->places.manifest(dataset_of(committed.sink), committed.lot,
                                                record::ManifestState::removed, maker);
}

/// The attempt that made the body that goes. It is the claim's `former`, unless that one published
/// to another dataset, which the arc had meanwhile: then the body is an older revision. Attempts
/// that made the same differ in nothing but their names; each body has one of its own.
Result<std::string> maker_of(store::ObjectStore& store, const CommittedSink& committed,
                             const std::string& body) {
  const auto& [arc, lot, role, sink] = committed;
  std::string former = sink.former.value_or("0");
  const auto manifest = record::read_manifest(body);
  if (!sink.former || !manifest || revision_of(*manifest) + 1 == sink.number) return former;
  if (auto made = attempt_of_parts(*manifest); !made.empty()) return made;
  std::vector<std::string> attempts;
  auto listed = store::for_each_object(
      store, arc.project->places.members_prefix(arc.project->plan.project, arc.arc->name, lot),
      [&](const store::ObjectInfo& info) {
        const auto attempt = record::attempt_of_members_key(info.uri.key).value_or("");
        if (attempt != attempt_of(sink)) attempts.push_back(attempt);
      });
  if (!listed) return pass(std::move(listed));
  for (const auto& attempt : attempts) {
    auto file = members_if_readable(store, members_of(committed, attempt));
    if (!file) return pass(std::move(file));
    auto kept = get_if_present(store, place_to_keep(committed, attempt));
    if (!kept) return pass(std::move(kept));
    const bool free = !*kept || (*kept)->bytes == body;
    if (free && *file && is_given_by(**file, lot, *manifest, body, arc.project->limits)) {
      return attempt;
    }
  }
  return former;
}

/// True for what body_to_keep() gave of a body while it was spoiled, of which whoever kept it died
/// before it was replaced; then somebody put it back. A workload's own comment is in no other
/// record.
bool is_without_comment(const std::string& kept, const std::string& body) {
  const auto there = record::read_manifest(kept);
  auto wanted = record::read_manifest(body);
  if (!there || !wanted) return false;
  wanted->comment.reset();
  return *there == *wanted;
}

/// What is kept of a body that goes: its bytes; where they are no manifest, because somebody
/// spoiled it, those that the members file of its attempt gives.
Result<std::string> body_to_keep(store::ObjectStore& store, const CommittedSink& committed,
                                 const std::string& maker, const store::Object& going) {
  const auto& [arc, lot, role, sink] = committed;
  if (record::read_manifest(going.bytes)) return going.bytes;
  const auto& project = arc.project->plan.project;
  const Uri members = members_of(committed, maker);
  auto object = get_if_present(store, members);
  if (!object) return pass(std::move(object));
  if (!*object) return going.bytes;
  const auto file = record::read_members((*object)->bytes);
  if (!file) {
    return fail(FailureCode::Invalid,
                format("{} is to be replaced and cannot be read, nor can {}, which would give it "
                       "again; restore one of them from a copy",
                       going.info.uri.to_string(), members.to_string()));
  }
  const auto key = record::parse_manifest_key(going.info.uri.key).value();
  const Uri place = arc.project->places.private_manifest(project, arc.arc->name, maker, key.dataset,
                                                         lot, key.state.value());
  const auto body = manifest_of_members(*file, role, lot, key.state.value(), sink.number - 1);
  return record::manifest_objects(place, body, arc.project->limits.manifest_part).back().bytes;
}

}  // namespace

Result<> keep_former(store::ObjectStore& store, const CommittedSink& committed,
                     const store::Object& going) {
  auto maker = maker_of(store, committed, going.bytes);
  if (!maker) return pass(std::move(maker));
  auto body = body_to_keep(store, committed, *maker, going);
  if (!body) return pass(std::move(body));
  const Uri kept = place_to_keep(committed, *maker);
  auto keep = put_or_read(store, kept, *body);
  if (!keep) return pass(std::move(keep));
  if (keep->ours || is_without_comment(keep->bytes, *body)) return {};
  return cannot_keep(manifest_of(committed.sink), kept);
}

}  // namespace cls::flow
