// SPDX-License-Identifier: Apache-2.0
#include "work/collect.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/parallel.h"
#include "work/data_keys.h"
#include "work/overwrites.h"
#include "work/source_version.h"
#include "work/workload_environment.h"

namespace cls::work {

namespace {

using flow::Failed;
using record::MemberLine;

constexpr const char* code = "Collect";

/// A file of the process's: where its bytes are, and its path below the folder.
struct WrittenFile {
  std::string path;
  std::string relative;
};

/// Finds the files below one private folder.
class WrittenFiles {
 public:
  /// `root` lies below `attempts`, the folder of all attempts.
  WrittenFiles(FileSystem& files, std::string root, std::string attempts)
      : files_(files), root_(std::move(root)), attempts_(std::move(attempts)) {}

  Step<std::vector<WrittenFile>> find() {
    auto real = files_.real_path(root_);
    if (!real && real.error().code == FailureCode::NotFound) return std::vector<WrittenFile>();
    if (!real) return end_attempt(code, real.error().message);
    const auto attempts = files_.real_path(attempts_);
    if (!attempts) return end_attempt(code, attempts.error().message);
    if (*real != *attempts + root_.substr(attempts_.size())) {
      return end_for_good(code, format("{} was replaced by a symbolic link to {}; write into the "
                                       "folder that was given",
                                       root_, *real));
    }
    real_root_ = std::move(*real);
    std::vector<std::string> open{""};
    while (!open.empty()) {
      const std::string directory = std::move(open.back());
      open.pop_back();
      auto entries = files_.entries(root_ + "/" + directory);
      if (!entries) return end_attempt(code, entries.error().message);
      for (const auto& entry : *entries) {
        const std::string relative = directory + entry.name;
        if (entry.kind == FileKind::Directory) {
          open.push_back(relative + "/");
        } else if (auto taken = take(relative, entry.kind); !taken) {
          return pass_failed(std::move(taken));
        }
      }
    }
    std::ranges::sort(found_, {}, &WrittenFile::relative);
    return std::move(found_);
  }

 private:
  Step<> take(const std::string& relative, FileKind kind) {
    const std::string path = root_ + "/" + relative;
    if (kind == FileKind::File) {
      found_.push_back({path, relative});
      return {};
    }
    if (kind == FileKind::Other) {
      return end_for_good(code, format("{} is a device, a pipe or a socket; only files can become "
                                       "objects",
                                       path));
    }
    const auto target = files_.real_path(path);
    if (!target || !target->starts_with(real_root_ + "/")) {
      return end_for_good(
          code, format("{} is a symbolic link that leads {}; copy the file instead", path,
                       target ? "out of the folder, to " + *target : std::string("nowhere")));
    }
    const auto status = files_.status(*target, true);
    if (!status) return end_attempt(code, status.error().message);
    if (status->kind != FileKind::File) {
      return end_for_good(code,
                          format("{} is a symbolic link to {}, which is no file; only links to "
                                 "files of the same folder are taken",
                                 path, *target));
    }
    found_.push_back({*target, relative});
    return {};
  }

  FileSystem& files_;
  std::string root_;
  std::string attempts_;
  std::string real_root_;
  std::vector<WrittenFile> found_;
};

/// Copies the files of one sink.
class SinkCollection {
 public:
  SinkCollection(store::ObjectStore& store, const flow::WorkloadContext& context,
                 const model::CommandPlan& plan, Overwrites& overwrites, std::string role,
                 const model::SinkDataset& sink)
      : store_(store),
        context_(context),
        overwrites_(overwrites),
        keys_(store, plan.on_conflict, context.lot, context.attempt),
        role_(std::move(role)),
        path_(sink.path()) {}

  void run(const std::vector<WrittenFile>& files) {
    lines_.resize(files.size());
    const auto job = [&](std::size_t i, std::optional<std::string> recorded) -> JobDone {
      auto taken = place(files[i], std::move(recorded));
      if (!taken) {
        const std::lock_guard lock(mutex_);
        if (!failed_) failed_ = std::move(taken).error();
        return {.go_on = false};
      }
      if (auto* object = std::get_if<InTheWay>(&*taken)) return {.in_the_way = std::move(*object)};
      const std::lock_guard lock(mutex_);
      lines_.set(i, std::get<MemberLine>(*taken));
      return {};
    };
    const auto left = for_each_writing_job(files.size(), context_, overwrites_, role_, job);
    if (left) failed_ = refuse(files[left->jobs.front()], left->failure).value();
  }

  /// Adds what was copied, and the failure if there was one.
  void add_to(Gathered& gathered) {
    flow::SinkOutput output{.role = role_, .state = {}, .members = {}, .comment = std::nullopt};
    output.members = std::move(lines_);
    output.members.drop_unset();
    output.state =
        output.members.empty() ? record::ManifestState::empty : record::ManifestState::complete;
    gathered.sinks.push_back(std::move(output));
    if (failed_) gathered.failed = std::move(failed_);
  }

 private:
  Step<std::variant<MemberLine, InTheWay>> place(const WrittenFile& file,
                                                 std::optional<std::string> recorded) const {
    const Uri from{"file", "", file.path.substr(1)};
    auto digested = digest_object(store_, from);
    if (!digested) return refuse(file, digested.error());
    const std::string sha256 = digested->sha256;
    auto placing = keys_.place({.from = from,
                                .wanted = path_.child(file.relative),
                                .size = digested->info.size,
                                .sha256 = [&] { return Result<std::string>(sha256); },
                                .recorded = std::move(recorded)});
    if (!placing) return refuse(file, placing.error());
    if (auto* object = std::get_if<InTheWay>(&*placing)) return std::move(*object);
    const auto* placed = std::get_if<DataPlaced>(&*placing);
    if (!placed->matches(digested->info.size)) {
      return end_attempt(code, format("sink '{}': {} was changed while it was taken; is a process "
                                      "that the command left behind still writing?",
                                      role_, file.path));
    }
    MemberLine line;
    line.role = role_;
    line.uri = placed->content.info.uri.to_string();
    line.size = placed->content.info.size;
    line.etag = placed->content.info.etag;
    line.sha256 = placed->content.sha256;
    if (placed->wanted) line.wanted = placed->wanted->to_string();
    line.superseded = placed->superseded;
    return line;
  }

  tl::unexpected<Failed> refuse(const WrittenFile& file, const Failure& failure) const {
    return end_for(failure, code, format("sink '{}': {}: {}", role_, file.path, failure.message));
  }

  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  Overwrites& overwrites_;
  DataKeys keys_;
  std::string role_;
  Uri path_;
  std::mutex mutex_;
  record::MemberLines lines_;  ///< of each file; not set where there is none
  std::optional<Failed> failed_;
};

}  // namespace

Gathered collect_sinks(store::ObjectStore& store, const flow::WorkloadContext& context,
                       const model::CommandPlan& plan, const CommandHost& host,
                       const AttemptFolder& folder) {
  Gathered gathered;
  // All folders are looked at before anything is copied.
  std::vector<std::vector<WrittenFile>> found;
  for (const auto& [role, sink] : context.arc.sinks) {
    auto root = sink_directory(host, folder, plan, role, sink);
    auto files = root ? WrittenFiles(host.files, *root, host.attempts_dir).find()
                      : Step<std::vector<WrittenFile>>(pass_failed(std::move(root)));
    if (!files) {
      gathered.failed = std::move(files).error();
      return gathered;
    }
    found.push_back(std::move(*files));
  }
  Overwrites overwrites(store, context);
  for (std::size_t i = 0; i < found.size() && !gathered.failed; ++i) {
    const auto& [role, sink] = context.arc.sinks[i];
    SinkCollection collection(store, context, plan, overwrites, role, sink);
    collection.run(found[i]);
    if (context.stop.stop_requested()) return gathered;
    collection.add_to(gathered);
  }
  return gathered;
}

}  // namespace cls::work
