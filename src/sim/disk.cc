// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.h"

#include <algorithm>
#include <ranges>
#include <vector>

namespace cls::sim {

namespace {
std::string bucket_name(const Uri& uri) {
  return uri.scheme + "/" + uri.bucket;
}
}  // namespace

const Disk::Bucket* Disk::bucket(const Uri& uri) const {
  const auto found = buckets_.find(bucket_name(uri));
  return found == buckets_.end() ? nullptr : &found->second;
}

const Stored* Disk::find(const Uri& uri) const {
  const Bucket* objects = bucket(uri);
  if (objects == nullptr) return nullptr;
  const auto found = objects->find(uri.key);
  return found == objects->end() ? nullptr : &found->second;
}

void Disk::for_each(const std::function<void(const Uri&, const Stored&)>& take) const {
  for (const auto& [name, objects] : buckets_) {
    const auto slash = name.find('/');
    for (const auto& [key, stored] : objects) {
      take({name.substr(0, slash), name.substr(slash + 1), key}, stored);
    }
  }
}

void Disk::set(const Uri& uri, const std::optional<Stored>& next) {
  Bucket& objects = buckets_[bucket_name(uri)];
  if (next) {
    objects.insert_or_assign(uri.key, *next);
  } else {
    objects.erase(uri.key);
  }
}

std::uint64_t Disk::apply(int writer, const Uri& uri, std::optional<Stored> next, bool later) {
  const Stored* present = find(uri);
  Change change{.uri = uri,
                .before = present != nullptr ? std::optional(*present) : std::nullopt,
                .after = std::move(next),
                .writer = writer};
  set(uri, change.after);
  owed_.push_back({.number = ++made_, .later = later, .change = std::move(change)});
  changed_(Change(owed_.back().change));
  return made_;
}

void Disk::settle(std::uint64_t change) {
  std::erase_if(owed_, [&](const Owed& one) { return !one.later && one.number <= change; });
}

void Disk::settle_later(int writer) {
  std::erase_if(owed_, [&](const Owed& one) { return one.later && one.change.writer == writer; });
}

/// False where something else stands there by now.
bool Disk::undo(const Change& change) {
  const Stored* present = find(change.uri);
  const bool same = present != nullptr ? change.after && change.after->etag == present->etag &&
                                             change.after->modified == present->modified
                                       : !change.after;
  if (!same) return false;
  set(change.uri, change.before);
  undone_(change);
  return true;
}

std::size_t Disk::fail(const std::function<std::size_t(std::size_t)>& keep,
                       const std::function<bool()>& keep_later) {
  const auto in_order = std::ranges::count_if(owed_, [](const Owed& one) { return !one.later; });
  std::size_t kept = keep(static_cast<std::size_t>(in_order));
  std::vector<Change> lost;
  for (auto& one : owed_) {
    const bool stays = one.later ? keep_later() : kept > 0;
    if (!one.later && stays) --kept;
    if (!stays) lost.push_back(std::move(one.change));
  }
  owed_.clear();
  std::size_t undone = 0;
  for (const auto& change : std::views::reverse(lost)) undone += undo(change) ? 1 : 0;
  return undone;
}

std::size_t Disk::lose_later(int writer) {
  std::vector<Change> lost;
  for (const auto& one : owed_) {
    if (one.later && one.change.writer == writer) lost.push_back(one.change);
  }
  settle_later(writer);
  std::size_t undone = 0;
  for (const auto& change : std::views::reverse(lost)) undone += undo(change) ? 1 : 0;
  return undone;
}

}  // namespace cls::sim
