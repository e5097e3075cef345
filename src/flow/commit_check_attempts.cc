// SPDX-License-Identifier: Apache-2.0
// What members files say beyond the present commits: how many attempts a lot had, and which object
// another commit overwrote.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "flow/commit_check.h"

namespace cls::flow {

namespace {

std::size_t place_hash(const std::string& uri, const std::string& etag) {
  return std::hash<std::string>()(uri + "\n" + etag);
}

}  // namespace

/// Below it the members files of all lots of an arc.
Uri CommitCheck::members_prefix(const ArcRef& arc) {
  return arc.project->places.members_prefix(arc.project->plan.project, arc.arc->name);
}

/// The lot in `…/L.<attempt>.jsonl`.
std::optional<lot::LotId> CommitCheck::lot_of_members_key(std::string_view key) {
  key.remove_prefix(key.rfind('/') + 1);
  const auto lot = lot::LotId::parse(key.substr(0, key.find('.')));
  return lot ? std::optional(*lot) : std::nullopt;
}

/// Counts the attempts of each lot that came to a commit: one in each epoch at most.
Result<> CommitCheck::list_attempts(const ArcRef& arc) {
  auto listed =
      store::for_each_object(store_, members_prefix(arc), [&](const store::ObjectInfo& info) {
        const auto lot = lot_of_members_key(info.uri.key);
        if (!lot || !options_.covers(*lot)) return;
        if (!attempted_.contains(*lot)) return attempted_.insert(*lot);
        auto& count = attempts_[packed(*lot)];
        count = std::max<std::uint64_t>(count, 1) + 1;
      });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return {};
}

void CommitCheck::take_superseded(const record::MembersFile& file) {
  for (const auto& line : file.lines) {
    vanished_.add(line);
    if (!line.superseded) continue;
    superseded_.emplace(line.uri, *line.superseded);
    superseded_uris_.insert(line.uri);
  }
}

void CommitCheck::note_replacing(const ArcRef& arc, const record::MembersFile& file) {
  const bool replaces =
      std::visit([](const auto& plan) { return plan.on_conflict == model::OnConflict::replace; },
                 arc.arc->workload);
  if (!replaces) return;
  for (const auto& line : file.lines) {
    if (line.etag && !line.vanished) replacing_.insert(place_hash(line.uri, *line.etag));
  }
}

void CommitCheck::settle() {
  if (!overwritten_.empty()) read_former_commits();
  if (!overwritten_.empty() && options_.since) {
    for (const auto& arc : arcs_) {
      if (auto read = read_left_out_commits(arc); !read) {
        findings_.note(format("{}: commits of lots that were left out cannot be listed: {}",
                              arc.to_string(), read.error().message));
      }
    }
  }
  std::erase_if(overwritten_, [this](const Overwritten& one) { return is_told(one); });
  if (!overwritten_.empty()) read_overwrites();
  std::uint64_t uncommitted = 0;
  std::string first;
  for (auto& one : overwritten_) {
    const auto* by = overwriter_of(one);
    if (by == nullptr) {
      findings_.add(std::move(one.violation));
    } else if (uncommitted++ == 0) {
      first = format("{} of {} {} was superseded by attempt {} of {}/{} {} {}", one.uri,
                     one.violation.arc.value_or(""), one.violation.lot.value_or(""), by->attempt,
                     by->project, by->projectVersion, by->arc, by->lot);
    }
  }
  overwritten_.clear();
  if (uncommitted == 0) return;
  findings_.note(
      format("{} that a manifest lists {} written over, by onConflict: replace, in an attempt that "
             "came to no commit; the first: {}",
             counted(uncommitted, "object"), uncommitted == 1 ? "was" : "were", first));
}

/// What attempts had on record before they wrote over it, as far as it is asked for.
void CommitCheck::read_overwrites() {
  std::set<std::string> asked;
  for (const auto& one : overwritten_) asked.insert(one.uri);
  std::set<Uri> prefixes;
  for (const auto& arc : arcs_) prefixes.insert(arc.project->places.all_overwrites());
  for (const auto& prefix : prefixes) {
    auto listed = store::for_each_object(
        store_, prefix, [&](const store::ObjectInfo& info) { take_overwrites(info.uri, asked); });
    if (listed || listed.error().code == FailureCode::NotFound) continue;
    findings_.note(format("records of what was overwritten cannot be listed: {}: {}",
                          prefix.to_string(), listed.error().message));
  }
}

void CommitCheck::take_overwrites(const Uri& uri, const std::set<std::string>& asked) {
  auto object = store_.get(uri);
  auto file = object ? record::read_overwrites(object->bytes)
                     : Result<record::OverwritesFile>(pass(std::move(object)));
  if (!file) {
    findings_.note(format("a record of what was overwritten cannot be read: {}: {}",
                          uri.to_string(), file.error().message));
    return;
  }
  for (auto& line : file->lines) {
    if (!asked.contains(line.uri)) continue;
    overwriters_.try_emplace({std::move(line.uri), std::move(line.superseded)}, file->head);
  }
}

const record::OverwritesHead* CommitCheck::overwriter_of(const Overwritten& one) const {
  // A member without an ETag: whoever wrote over any version of it.
  const auto found = one.etag ? overwriters_.find({one.uri, *one.etag})
                              : overwriters_.lower_bound({one.uri, std::string()});
  if (found == overwriters_.end() || found->first.first != one.uri) return nullptr;
  return &found->second;
}

/// What a lot that was left out overwrote.
Result<> CommitCheck::read_left_out_commits(const ArcRef& arc) {
  return store::for_each_object(store_, members_prefix(arc), [&](const store::ObjectInfo& info) {
    const auto lot = lot_of_members_key(info.uri.key);
    if (!lot || options_.covers(*lot)) return;
    const auto object = store_.get(info.uri);
    const auto file = object ? record::read_members(object->bytes)
                             : Result<record::MembersFile>(fail(FailureCode::NotFound, ""));
    if (!file) return;
    take_superseded(*file);
    note_replacing(arc, *file);
  });
}

/// True where a commit recorded the overwriting, or where what is there is what an arc that
/// replaces committed for another lot.
bool CommitCheck::is_told(const Overwritten& one) const {
  if (replacing_.contains(place_hash(one.uri, one.present))) return true;
  return one.etag ? superseded_.contains({one.uri, *one.etag}) : superseded_uris_.contains(one.uri);
}

/// Commits that were replaced since have overwritten objects too.
void CommitCheck::read_former_commits() {
  for (const auto& uri : former_commits_) {
    auto object = store_.get(uri);
    auto file = object ? record::read_members(object->bytes)
                       : Result<record::MembersFile>(pass(std::move(object)));
    if (file) {
      take_superseded(*file);
    } else {
      findings_.note(format("the members file of a former revision cannot be read: {}: {}",
                            uri.to_string(), file.error().message));
    }
  }
}

}  // namespace cls::flow
