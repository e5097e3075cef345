// SPDX-License-Identifier: Apache-2.0
#include "work/workload_manifest.h"

#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/text.h"
#include "work/sink_manifest.h"
#include "work/workload_environment.h"

namespace cls::work {

namespace {

using flow::Failed;
using record::ManifestState;

/// Gathers the sinks of one attempt.
class ManifestIntake {
 public:
  ManifestIntake(store::ObjectStore& store, const flow::WorkloadContext& context,
                 const CommandHost& host, const AttemptBegin& begin, AttemptFolder& folder)
      : store_(store), context_(context), host_(host), begin_(begin), folder_(folder) {}

  Gathered run() {
    // Every role is looked at, whatever became of the one before.
    for (const auto& [role, sink] : context_.arc.sinks) {
      if (context_.stop.stop_requested()) return std::move(gathered_);
      auto taken = take(role, sink);
      if (!taken && !gathered_.failed) gathered_.failed = std::move(taken).error();
    }
    if (!gathered_.failed && !missing_.empty()) {
      gathered_.failed =
          end_attempt("Manifest", "the command wrote no manifest for " + join(missing_, "; for "))
              .value();
    }
    if (!gathered_.failed && !partial_.empty()) {
      Failed failed = end_attempt("Partial", format("the command wrote a partial manifest for {}",
                                                    join(partial_, "; for ")))
                          .value();
      failed.tolerated = true;
      gathered_.failed = std::move(failed);
    }
    if (!gathered_.failed && !context_.stop.stop_requested()) {
      if (auto moved = move_manifests(); !moved) gathered_.failed = std::move(moved).error();
    }
    return std::move(gathered_);
  }

 private:
  Step<> take(const std::string& role, const model::SinkDataset& sink) {
    auto found = find_sink_manifest(store_, context_, role, sink);
    if (!found) return pass_failed(std::move(found));
    if (!*found) {
      missing_.push_back(format("sink '{}': {}", role, expected_manifest(store_, context_, sink)));
      return {};
    }
    SinkManifest& manifest = **found;
    auto lines = take_written_members(store_, context_, host_, begin_, role, manifest.members);
    if (!lines) return pass_failed(std::move(lines));
    if (manifest.state == ManifestState::partial) {
      partial_.push_back(format("sink '{}' ({} members){}", role, lines->size(),
                                manifest.comment ? ": " + *manifest.comment : ""));
    }
    gathered_.sinks.push_back(
        {.role = role,
         .state = lines->empty() ? ManifestState::empty : ManifestState::complete,
         .members = std::move(*lines),
         .comment = std::move(manifest.comment)});
    raw_.emplace_back(role, std::move(manifest.raw));
    return {};
  }

  /// Keeps what the process wrote for people to read, then clears the private prefix.
  Step<> move_manifests() {
    for (const auto& [role, objects] : raw_) {
      for (std::size_t i = 0; i < objects.size(); ++i) {
        const std::string number = i == 0 ? "" : format("-{}", i);
        auto kept = folder_.write(format("manifest-{}{}.json", variable_part(role), number),
                                  objects[i].bytes);
        if (!kept) return end_attempt("Manifest", kept.error().message);
      }
    }
    const Uri path =
        context_.places.private_path(context_.project.project, context_.arc.name, context_.attempt);
    std::vector<Uri> there;
    auto listed = store::for_each_object(
        store_, path, [&](const store::ObjectInfo& info) { there.push_back(info.uri); });
    if (!listed && listed.error().code != FailureCode::NotFound) {
      return end_attempt("Manifest", listed.error().message);
    }
    for (const auto& uri : there) {
      if (auto removed = store_.remove(uri); !removed) {
        return end_attempt("Manifest", removed.error().message);
      }
    }
    return {};
  }

  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  const CommandHost& host_;
  const AttemptBegin& begin_;
  AttemptFolder& folder_;
  Gathered gathered_;
  std::vector<std::string> missing_;
  std::vector<std::string> partial_;
  std::vector<std::pair<std::string, std::vector<store::Object>>> raw_;
};

}  // namespace

Gathered read_workload_manifests(store::ObjectStore& store, const flow::WorkloadContext& context,
                                 const CommandHost& host, const AttemptBegin& begin,
                                 AttemptFolder& folder) {
  return ManifestIntake(store, context, host, begin, folder).run();
}

}  // namespace cls::work
