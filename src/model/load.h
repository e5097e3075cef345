// SPDX-License-Identifier: Apache-2.0
// Loading: from the texts of project files to deployables that know where they were written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "json/value.h"
#include "model/deployable.h"

namespace cls::model {

/// A project file's name, as messages show it, and its text.
struct Source {
  std::string file;
  std::string text;
  bool is_generated = false;  ///< evaluated from what the file says: its places would say nothing
};

/// Says for what the files are read. `verify` asks, the others are about to act.
struct Options {
  Substrate substrate = Substrate::Local;
  /// A known type that the substrate cannot run is an error (deploy, up, run), not a warning.
  bool strict = false;
  std::string version;  ///< of this cls, for `requires`; empty: not checked
};

/// One deployable and where it stands.
struct LoadedDocument {
  Deployable model;
  std::shared_ptr<const json::Document> document;  ///< shared by the elements of an array
  std::string pointer;                             ///< "" or "/0", "/1" … in an array

  /// Line and column of the value at `below` (a pointer within this deployable), or of its nearest
  /// ancestor that exists; zeros where the text was generated.
  std::pair<std::size_t, std::size_t> position(std::string_view below) const;
  /// The value at `below`, or null.
  const json::Value* at(std::string_view below) const;
};

/// Reads all files; problems of all of them are added. A file holds a deployable or an array of
/// them; each keeps its own project and placement. What could not be read at all is left out, what
/// was read in part is there: check `problems` before using the result for anything but validate().
std::vector<LoadedDocument> load(std::vector<Source> sources, const Options& options,
                                 Diagnostics& problems);

}  // namespace cls::model
