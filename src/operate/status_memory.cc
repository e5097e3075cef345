// SPDX-License-Identifier: Apache-2.0
#include "operate/status_memory.h"

#include "operate/packed.h"

namespace cls::operate {

namespace {

/// Lots of one memory follow each other: small differences are small numbers.
struct Former {
  std::int64_t index = 0;
  std::int64_t modified = 0;
  std::int64_t time = 0;
};

std::int64_t count_of(Instant at) {
  return at.time_since_epoch().count();
}

Instant instant_of_count(std::int64_t count) {
  return Instant(std::chrono::nanoseconds(count));
}

void pack_lot(Packer& packer, lot::LotId lot, Former& former) {
  packer.number(lot.unit().minutes()).signed_number(lot.index() - former.index);
  former.index = lot.index();
}

std::optional<lot::LotId> unpack_lot(Unpacker& unpacker, Former& former) {
  const auto unit = lot::LotUnit::of_minutes(static_cast<unsigned>(unpacker.number()));
  former.index += unpacker.signed_number();
  if (!unit || !unpacker.is_good()) return std::nullopt;
  return lot::LotId::from_index(*unit, former.index);
}

void pack_time(Packer& packer, Instant at, std::int64_t& former) {
  packer.signed_number(count_of(at) - former);
  former = count_of(at);
}

Instant unpack_time(Unpacker& unpacker, std::int64_t& former) {
  former += unpacker.signed_number();
  return instant_of_count(former);
}

void pack_claim(Packer& packer, const std::optional<ClaimVersion>& claim, Former& former) {
  packer.number(claim ? 1 : 0);
  if (!claim) return;
  packer.number(claim->size);
  pack_time(packer, claim->modified, former.modified);
}

std::optional<ClaimVersion> unpack_claim(Unpacker& unpacker, Former& former) {
  if (unpacker.number() == 0) return std::nullopt;
  const std::uint64_t size = unpacker.number();
  return ClaimVersion{size, unpack_time(unpacker, former.modified)};
}

void pack_proof(Packer& packer, const Proof& proof) {
  packer.signed_number(count_of(proof.looked)).number(proof.stamps.size());
  for (const auto& stamp : proof.stamps) packer.optional_text(stamp);
}

Proof unpack_proof(Unpacker& unpacker) {
  Proof proof{.looked = instant_of_count(unpacker.signed_number()), .stamps = {}};
  for (std::size_t left = unpacker.count(); left > 0; --left) {
    proof.stamps.push_back(unpacker.optional_text());
  }
  return proof;
}

void pack_count(Packer& packer, const MemberCount& count) {
  packer.number(count.members).number(count.bytes).number(count.beside);
}

MemberCount unpack_count(Unpacker& unpacker) {
  MemberCount count;
  count.members = unpacker.number();
  count.bytes = unpacker.number();
  count.beside = unpacker.number();
  return count;
}

void pack_arc_lot(Packer& packer, const ArcLotFacts& lot, Former& former) {
  pack_lot(packer, lot.lot, former);
  pack_claim(packer, lot.claim, former);
  packer.number(lot.state ? static_cast<std::uint64_t>(*lot.state) + 1 : 0)
      .number(lot.settled ? 1 : 0)
      .optional_text(lot.started);
  pack_time(packer, lot.committed, former.time);
  packer.optional_text(lot.error).number(lot.sinks.size());
  for (const auto& sink : lot.sinks) {
    packer.text(sink.role);
    pack_count(packer, sink.count);
  }
}

/// False where it cannot be read. What room `facts` has is used again.
bool unpack_arc_lot(Unpacker& unpacker, Former& former, ArcLotFacts& facts) {
  const auto lot = unpack_lot(unpacker, former);
  if (!lot) return false;
  facts.lot = *lot;
  facts.claim = unpack_claim(unpacker, former);
  const std::uint64_t state = unpacker.number();
  if (state > json::names_of<ArcLotState>.size()) return false;
  facts.state = state > 0 ? std::optional(static_cast<ArcLotState>(state - 1)) : std::nullopt;
  facts.settled = unpacker.number() != 0;
  facts.started = unpacker.optional_text();
  facts.committed = unpack_time(unpacker, former.time);
  facts.error = unpacker.optional_text();
  facts.sinks.resize(unpacker.count());
  for (auto& sink : facts.sinks) {
    sink.role = unpacker.text();
    sink.count = unpack_count(unpacker);
  }
  return unpacker.is_good();
}

/// False where it cannot be read.
bool unpack_dataset_lot(Unpacker& unpacker, Former& former, DatasetLotFacts& facts) {
  const auto lot = unpack_lot(unpacker, former);
  if (!lot) return false;
  facts.lot = *lot;
  const std::uint64_t state = unpacker.number();
  if (state >= json::names_of<record::ManifestState>.size()) return false;
  facts.state = static_cast<record::ManifestState>(state);
  facts.settled = unpacker.number() != 0;
  facts.claim = unpack_claim(unpacker, former);
  return unpacker.is_good();
}

/// Reads the proof and then lot after lot, each into the same facts; false where one cannot be
/// read, or something is left.
template <typename Facts, typename One>
bool for_each_packed(const std::string& bytes, const One& one,
                     const std::function<void(const Facts&)>& take) {
  auto unpacker = Unpacker::of(bytes);
  if (!unpacker) return false;
  static_cast<void>(unpack_proof(*unpacker));
  Former former;
  Facts facts;
  for (std::size_t left = unpacker->count(); left > 0; --left) {
    if (!one(*unpacker, former, facts)) return false;
    take(facts);
  }
  return unpacker->is_done();
}

/// All lots, each read by `one`; false where one cannot be read or something is left.
template <typename Lots, typename One>
bool unpack_lots(Unpacker& unpacker, Lots& lots, const One& one) {
  Former former;
  std::size_t left = unpacker.count();
  lots.reserve(left);
  for (; left > 0; --left) {
    if (!one(unpacker, former, lots)) return false;
  }
  return unpacker.is_good();
}

bool unpack_published(Unpacker& unpacker, Former& former, PublishedLots& lots) {
  const auto lot = unpack_lot(unpacker, former);
  if (!lot) return false;
  lots.emplace_back(*lot, unpack_time(unpacker, former.time));
  return unpacker.is_good();
}

}  // namespace

bool Proof::is_recent(Instant now) const {
  return looked <= now && now - looked < longest_trust;
}

bool Proof::holds(const Proof& now) const {
  if (!is_recent(now.looked) || stamps.size() != now.stamps.size()) return false;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (!stamps[i] || stamps[i] != now.stamps[i]) return false;
  }
  return true;
}

std::string ArcMemory::pack() const {
  Packer packer;
  pack_proof(packer, proof);
  packer.number(lots.size());
  Former former;
  for (const auto& lot : lots) pack_arc_lot(packer, lot, former);
  return packer.take();
}

std::optional<Proof> ArcMemory::proof_of(const std::string& bytes) {
  auto unpacker = Unpacker::of(bytes);
  return unpacker ? std::optional(unpack_proof(*unpacker)) : std::nullopt;
}

bool ArcMemory::for_each_lot(const std::string& bytes,
                             const std::function<void(const ArcLotFacts&)>& take) {
  return for_each_packed<ArcLotFacts>(bytes, unpack_arc_lot, take);
}

std::optional<ArcMemory> ArcMemory::unpack(const std::string& bytes) {
  auto proof = proof_of(bytes);
  if (!proof) return std::nullopt;
  ArcMemory memory{.proof = std::move(*proof), .lots = {}};
  if (!for_each_lot(bytes, [&](const ArcLotFacts& lot) { memory.lots.push_back(lot); })) {
    return std::nullopt;
  }
  return memory;
}

std::string DatasetMemory::pack() const {
  Packer packer;
  pack_proof(packer, proof);
  packer.number(lots.size());
  Former former;
  for (const auto& lot : lots) {
    pack_lot(packer, lot.lot, former);
    packer.number(static_cast<std::uint64_t>(lot.state)).number(lot.settled ? 1 : 0);
    pack_claim(packer, lot.claim, former);
  }
  return packer.take();
}

std::optional<Proof> DatasetMemory::proof_of(const std::string& bytes) {
  return ArcMemory::proof_of(bytes);
}

bool DatasetMemory::for_each_lot(const std::string& bytes,
                                 const std::function<void(const DatasetLotFacts&)>& take) {
  return for_each_packed<DatasetLotFacts>(bytes, unpack_dataset_lot, take);
}

std::optional<DatasetMemory> DatasetMemory::unpack(const std::string& bytes) {
  auto proof = proof_of(bytes);
  if (!proof) return std::nullopt;
  DatasetMemory memory{.proof = std::move(*proof), .lots = {}};
  if (!for_each_lot(bytes, [&](const DatasetLotFacts& lot) { memory.lots.push_back(lot); })) {
    return std::nullopt;
  }
  return memory;
}

std::string BoundaryMemory::pack() const {
  Packer packer;
  pack_proof(packer, proof);
  packer.text(objects).number(is_listed ? 1 : 0);
  packer.optional_text(facts.last_arrival).optional_text(facts.last_lot);
  packer.number(facts.open_lots).number(facts.rejected).number(facts.late).number(facts.unread);
  pack_count(packer, facts.count);
  packer.number(facts.published.size());
  Former former;
  for (const auto& [lot, at] : facts.published) {
    pack_lot(packer, lot, former);
    pack_time(packer, at, former.time);
  }
  return packer.take();
}

std::optional<BoundaryMemory> BoundaryMemory::unpack(const std::string& bytes) {
  auto unpacker = Unpacker::of(bytes);
  if (!unpacker) return std::nullopt;
  BoundaryMemory memory{.proof = unpack_proof(*unpacker), .objects = unpacker->text(), .facts = {}};
  memory.is_listed = unpacker->number() != 0;
  memory.facts.last_arrival = unpacker->optional_text();
  memory.facts.last_lot = unpacker->optional_text();
  memory.facts.open_lots = unpacker->number();
  memory.facts.rejected = unpacker->number();
  memory.facts.late = unpacker->number();
  memory.facts.unread = unpacker->number();
  memory.facts.count = unpack_count(*unpacker);
  if (!unpack_lots(*unpacker, memory.facts.published, unpack_published)) return std::nullopt;
  return unpacker->is_done() ? std::optional(std::move(memory)) : std::nullopt;
}

}  // namespace cls::operate
