// SPDX-License-Identifier: Apache-2.0
// Effect: what a call of the store is about: the side effects of the engine, by what they write.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/names.h"

namespace cls::sim {

enum class Effect : std::uint8_t {
  Read,         ///< get, head: of what no other kind is of
  ReadSegment,  ///< of a ledger
  ReadClaim,
  ReadMembers,
  ReadManifest,  ///< of a public key, or a former revision
  ReadData,
  List,     ///< one page
  Segment,  ///< of a ledger
  BoundaryManifest,
  ClaimTake,     ///< a new epoch
  ClaimSources,  ///< the sources are named anew after the claim
  ClaimBeat,
  ClaimCommit,
  ClaimMark,   ///< sinks are marked published
  ClaimEnd,    ///< a failed attempt: retrying, ended, released
  ClaimOrder,  ///< an operator's retry or replay
  Members,
  Overwrites,  ///< the record of what is about to be written over
  PrivateManifest,
  PartialManifest,
  KeptManifest,    ///< a former revision at state=removed
  PublicManifest,  ///< of a sink, where nothing was
  PublicReplace,   ///< of a sink, over a former revision
  ArcState,
  ArcStateRemove,
  PrivateRemove,
  Data,         ///< a member, where nothing was
  DataReplace,  ///< a member, over another object
  Subscription,
  Metadata,  ///< the other records of a deployment
};
inline constexpr std::size_t effect_count = 30;

/// What goes wrong in one call of the store.
enum class FaultKind : std::uint8_t {
  CrashBefore,  ///< the process ends, nothing happened
  CrashAfter,   ///< it happened, and the process ends
  CrashTorn,    ///< of a step of writes some happened, and the process ends
  ErrorBefore,  ///< Unavailable, nothing happened
  ErrorAfter,   ///< Unavailable though it happened
  Slow,         ///< seconds pass
  Stall,        ///< more than a lease passes: a zombie returns
  Outage,       ///< from here on, or as soon as it happened, no call of anybody has an effect
};
inline constexpr std::size_t fault_count = 8;

/// True for get and head, whatever they read.
inline bool is_read(Effect effect) {
  return effect <= Effect::ReadData;
}

/// True for what cannot happen: only steps of several writes can be torn, and these effects are
/// never in one: a read is no write; claims, segments, subscriptions, kept manifests and records of
/// what is overwritten are written
/// one by one, because something is decided by each; data are copied one by one; removals are no
/// writes of a step; a published manifest is replaced alone, after its former body was kept.
bool cannot_be(FaultKind kind, Effect effect);

}  // namespace cls::sim

namespace cls::json {
template <>
inline constexpr auto names_of<sim::Effect> =
    Names<sim::Effect, sim::effect_count>{{{sim::Effect::Read, "read"},
                                           {sim::Effect::ReadSegment, "read segment"},
                                           {sim::Effect::ReadClaim, "read claim"},
                                           {sim::Effect::ReadMembers, "read members"},
                                           {sim::Effect::ReadManifest, "read manifest"},
                                           {sim::Effect::ReadData, "read data"},
                                           {sim::Effect::List, "list"},
                                           {sim::Effect::Segment, "ledger segment"},
                                           {sim::Effect::BoundaryManifest, "boundary manifest"},
                                           {sim::Effect::ClaimTake, "claim take"},
                                           {sim::Effect::ClaimSources, "claim sources"},
                                           {sim::Effect::ClaimBeat, "claim beat"},
                                           {sim::Effect::ClaimCommit, "claim commit"},
                                           {sim::Effect::ClaimMark, "claim mark"},
                                           {sim::Effect::ClaimEnd, "claim end"},
                                           {sim::Effect::ClaimOrder, "claim order"},
                                           {sim::Effect::Members, "members"},
                                           {sim::Effect::Overwrites, "overwrites"},
                                           {sim::Effect::PrivateManifest, "private manifest"},
                                           {sim::Effect::PartialManifest, "partial manifest"},
                                           {sim::Effect::KeptManifest, "kept manifest"},
                                           {sim::Effect::PublicManifest, "public manifest"},
                                           {sim::Effect::PublicReplace, "public replace"},
                                           {sim::Effect::ArcState, "arc state"},
                                           {sim::Effect::ArcStateRemove, "arc state remove"},
                                           {sim::Effect::PrivateRemove, "private remove"},
                                           {sim::Effect::Data, "data"},
                                           {sim::Effect::DataReplace, "data replace"},
                                           {sim::Effect::Subscription, "subscription"},
                                           {sim::Effect::Metadata, "metadata"}}};
template <>
inline constexpr auto names_of<sim::FaultKind> =
    Names<sim::FaultKind, sim::fault_count>{{{sim::FaultKind::CrashBefore, "crash before"},
                                             {sim::FaultKind::CrashAfter, "crash after"},
                                             {sim::FaultKind::CrashTorn, "crash torn"},
                                             {sim::FaultKind::ErrorBefore, "error before"},
                                             {sim::FaultKind::ErrorAfter, "error after"},
                                             {sim::FaultKind::Slow, "slow"},
                                             {sim::FaultKind::Stall, "stall"},
                                             {sim::FaultKind::Outage, "outage"}}};
}  // namespace cls::json
