// SPDX-License-Identifier: Apache-2.0
#include "work/written_members.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "base/format.h"
#include "base/parallel.h"
#include "work/other_lots.h"
#include "work/source_version.h"

namespace cls::work {

namespace {

using flow::Failed;
using record::MemberLine;

std::size_t hash_of(const Uri& uri) {
  return std::hash<std::string>()(uri.to_string());
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// Takes the members of one sink.
class MemberIntake {
 public:
  MemberIntake(store::ObjectStore& store, const flow::WorkloadContext& context,
               const CommandHost& host, const AttemptBegin& begin, std::string role,
               const model::SinkDataset& sink)
      : store_(store), context_(context), host_(host), begin_(begin), role_(std::move(role)) {
    // A path that ends in `/` is no object, so that an object in it is asked for.
    if (auto path = host.local_path(sink.path().child("object"))) top_ = parent_of(*path);
  }

  Step<record::MemberLines> run(const std::set<Uri>& members) {
    const std::vector<Uri> uris(members.begin(), members.end());
    lines_.resize(uris.size());
    changed_.resize(uris.size());
    for_each_job(uris.size(), context_.arc.parallel, context_.stop, [&](std::size_t i) {
      auto taken = take(uris[i], i);
      if (taken) return true;
      const std::lock_guard lock(mutex_);
      if (!failed_) failed_ = std::move(taken).error();
      return false;
    });
    if (failed_) return tl::unexpected<Failed>(std::move(*failed_));
    if (context_.stop.stop_requested()) return record::MemberLines();
    if (auto synced = sync(); !synced) return pass_failed(std::move(synced));
    if (auto checked = check_changed(uris); !checked) return pass_failed(std::move(checked));
    return std::move(lines_);
  }

 private:
  /// What the file of an object shows: whether the process touched it.
  Step<> take(const Uri& uri, std::size_t i) {
    auto path = host_.local_path(uri);
    if (!path && path.error().code != FailureCode::Unsupported) return refuse(path.error());
    changed_[i] = Touched::Yes;
    if (path) {
      auto status = host_.files.status(*path, true);
      if (!status && status.error().code == FailureCode::NotFound) return missing(uri);
      if (!status) return refuse(status.error());
      // The inode's own time too: a copy may have kept the time of what it is a copy of.
      const bool touched = std::max(status->modified, status->changed) >= begin_.at;
      changed_[i] = touched ? Touched::Yes : Touched::No;
      note_unsynced(*path);
    }
    auto digested = digest_object(store_, uri);
    if (!digested && digested.error().code == FailureCode::NotFound) return missing(uri);
    if (!digested) return refuse(digested.error());
    MemberLine line;
    line.role = role_;
    line.uri = uri.to_string();
    line.size = digested->info.size;
    line.etag = digested->info.etag;
    line.sha256 = std::move(digested->sha256);
    const std::lock_guard lock(mutex_);
    lines_.set(i, line);
    return {};
  }

  void note_unsynced(const std::string& path) {
    const std::lock_guard lock(mutex_);
    unsynced_.insert(path);
    for (std::string up = parent_of(path); unsynced_.insert(up).second && up != top_;) {
      if (up == "/") break;
      up = parent_of(up);
    }
  }

  /// Files and directories. The sink's own directory and the one above it included: the process may
  /// have made it anew.
  Step<> sync() {
    if (!unsynced_.empty() && !top_.empty()) unsynced_.insert(parent_of(top_));
    auto synced = host_.files.sync({unsynced_.begin(), unsynced_.end()});
    if (!synced) return refuse(synced.error());
    return {};
  }

  /// An object that is new can only be listed by a lot that committed since; one that was there
  /// before, by any.
  Step<> check_changed(const std::vector<Uri>& uris) {
    std::vector<std::size_t> fresh;
    std::vector<std::size_t> former;
    for (std::size_t i = 0; i < uris.size(); ++i) {
      if (changed_[i] == Touched::No) continue;
      (begin_.before.had(uris[i]) ? former : fresh).push_back(i);
    }
    if (auto checked = check_against(former, std::nullopt); !checked) return checked;
    return check_against(fresh, begin_.at);
  }

  Step<> check_against(const std::vector<std::size_t>& members, std::optional<Instant> since) {
    if (members.empty()) return {};
    auto lots = OtherLots::read(store_, context_, since);
    if (!lots)
      return end_attempt("Manifest", format("sink '{}': what other lots list cannot be "
                                            "known: {}",
                                            role_, lots.error().message));
    for (const auto i : members) {
      const auto lot = lots->lists_otherwise(lines_[i]);
      if (!lot) continue;
      return end_for_good(
          "Conflict",
          format("sink '{}': the command changed {}, which the current manifest of lot {} lists; "
                 "let it write each lot to keys of its own, for example with the lot in the path",
                 role_, lines_[i].uri, *lot));
    }
    return {};
  }

  tl::unexpected<Failed> missing(const Uri& uri) const {
    return end_attempt("Manifest", format("sink '{}': the manifest lists {}, which does not exist",
                                          role_, uri.to_string()));
  }
  tl::unexpected<Failed> refuse(const Failure& failure) const {
    return end_for(failure, "Manifest", format("sink '{}': {}", role_, failure.message));
  }

  /// One byte each, because threads write to neighbours.
  enum class Touched : std::uint8_t { No, Yes };

  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  const CommandHost& host_;
  const AttemptBegin& begin_;
  std::string role_;
  std::string top_;  ///< the sink's directory; empty where it is none of this machine
  std::vector<Touched> changed_;

  std::mutex mutex_;
  record::MemberLines lines_;
  std::set<std::string> unsynced_;
  std::optional<Failed> failed_;
};

}  // namespace

Step<ObjectsBefore> ObjectsBefore::list(store::ObjectStore& store,
                                        const flow::WorkloadContext& context) {
  ObjectsBefore before;
  for (const auto& [role, sink] : context.arc.sinks) {
    auto listed = store::for_each_object(store, sink.path(), [&](const store::ObjectInfo& info) {
      before.hashes_.push_back(hash_of(info.uri));
    });
    if (!listed && listed.error().code != FailureCode::NotFound) {
      return end_for(listed.error(), "Start",
                     format("sink '{}': {}", role, listed.error().message));
    }
  }
  std::ranges::sort(before.hashes_);
  return before;
}

bool ObjectsBefore::had(const Uri& uri) const {
  return std::ranges::binary_search(hashes_, hash_of(uri));
}

Step<record::MemberLines> take_written_members(store::ObjectStore& store,
                                               const flow::WorkloadContext& context,
                                               const CommandHost& host, const AttemptBegin& begin,
                                               const std::string& role,
                                               const std::set<Uri>& members) {
  const auto sink = std::ranges::find(context.arc.sinks, role,
                                      &std::pair<std::string, model::SinkDataset>::first);
  return MemberIntake(store, context, host, begin, role, sink->second).run(members);
}

}  // namespace cls::work
