// SPDX-License-Identifier: Apache-2.0
#include "cli/jsonnet.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

extern "C" {  // the header does not say so itself
#include <libjsonnet.h>
}

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::cli {

namespace {

constexpr unsigned most_frames = 500;
constexpr std::size_t most_bytes = std::size_t{64} << 20U;  ///< imported in all, and put out

struct Destroy {
  void operator()(JsonnetVm* vm) const { jsonnet_destroy(vm); }
};
using Vm = std::unique_ptr<JsonnetVm, Destroy>;

/// A text in the memory of libjsonnet, which frees it.
char* text_for(JsonnetVm* vm, std::string_view text) {
  char* copy = jsonnet_realloc(vm, nullptr, text.size() + 1);
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

/// Finds what is imported.
class Imports {
 public:
  Imports(JsonnetVm* vm, const JsonnetSettings& settings, FileSystem& files)
      : vm_(vm), settings_(settings), files_(files) {
    jsonnet_import_callback(vm, &Imports::call, this);
  }

 private:
  static char* call(void* self, const char* base, const char* relative, char** found,
                    int* success) {
    auto& imports = *static_cast<Imports*>(self);
    try {
      return imports.load(base, relative, found, success);
    } catch (const std::exception& error) {  // must not pass through a library of C
      *success = 0;
      return text_for(imports.vm_, error.what());
    }
  }

  char* load(const std::string& base, const std::string& relative, char** found, int* success) {
    std::vector<std::string> directories(settings_.import_directories.rbegin(),
                                         settings_.import_directories.rend());
    directories.insert(directories.begin(), base);
    for (const auto& directory : directories) {
      const std::string name = (std::filesystem::path(directory) / relative).string();
      const auto text = read(name);
      if (!text) continue;
      *success = 1;
      *found = text_for(vm_, name);
      return text_for(vm_, *text);
    }
    *success = 0;
    return text_for(vm_, "there is no such file beside it or in a --jpath");
  }

  /// The file's text; nullopt where there is none.
  std::optional<std::string> read(const std::string& name) {
    const std::string path =
        (std::filesystem::path(settings_.working_directory) / name).lexically_normal().string();
    std::string text;
    const auto done = files_.read_pieces(path, [&](std::string_view piece) {
      imported_ += piece.size();
      if (imported_ > most_bytes) {
        throw Error(format("more than {} MiB are imported", most_bytes >> 20U));
      }
      text += piece;
    });
    if (!done && done.error().code == FailureCode::NotFound) return std::nullopt;
    if (!done) throw Error(done.error());
    if (text.find('\0') != std::string::npos) {
      throw Error(format("{} is no text: it holds a byte 0", name));
    }
    return text;
  }

  JsonnetVm* vm_;
  const JsonnetSettings& settings_;
  FileSystem& files_;
  std::size_t imported_ = 0;
};

struct Place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t end = 0;  ///< in the text that was searched
};

bool read_number(std::string_view text, std::size_t& at, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (error != std::errc()) return false;
  at = static_cast<std::size_t>(end - text.data());
  return true;
}

/// `FILE:LINE:COLUMN-…` or `FILE:(LINE:COLUMN)-(…)` at the front of a line.
std::optional<Place> place_in(std::string_view line) {
  for (auto colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    std::size_t at = colon + 1;
    if (at < line.size() && line[at] == '(') ++at;
    Place place{.file = std::string(line.substr(0, colon))};
    if (!read_number(line, at, place.line) || at >= line.size() || line[at] != ':') continue;
    if (!read_number(line, ++at, place.column)) continue;
    place.end = line.find_first_not_of("0123456789:-()", at);
    if (place.end == std::string_view::npos) place.end = line.size();
    return place;
  }
  return std::nullopt;
}

std::string without_front(std::string_view text, std::string_view front) {
  if (text.starts_with(front)) text.remove_prefix(front.size());
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  return std::string(text);
}

void set_texts(JsonnetVm* vm, const JsonnetSettings& settings) {
  jsonnet_max_stack(vm, most_frames);
  jsonnet_max_trace(vm, 10);
  for (const auto& [key, value] : settings.external) {
    jsonnet_ext_var(vm, key.c_str(), value.c_str());
  }
  for (const auto& [key, value] : settings.top_level) {
    jsonnet_tla_var(vm, key.c_str(), value.c_str());
  }
}

/// The option that gives what an evaluation did not find; empty for other problems.
std::string option_for(const std::string& message) {
  constexpr std::string_view external = "undefined external variable: ";
  constexpr std::string_view argument = "function parameter ";
  constexpr std::string_view unbound = " not bound in call.";
  if (message.starts_with(external)) {
    return format("give it by --ext-str {}=TEXT", message.substr(external.size()));
  }
  if (message.starts_with(argument) && message.ends_with(unbound)) {
    const auto size = message.size() - argument.size() - unbound.size();
    return format("give it by --tla-str {}=TEXT", message.substr(argument.size(), size));
  }
  return "";
}

}  // namespace

Diagnostic jsonnet_problem(const std::string& file, const std::string& words) {
  Diagnostic problem;
  problem.file = file;
  std::vector<std::string> callers;
  for (const auto& line : split(words, '\n')) {
    const std::string text = without_front(without_front(line, "STATIC ERROR:"), "RUNTIME ERROR:");
    const auto place = place_in(text);
    if (problem.message.empty()) {
      // A static error begins with its place, a run-time error with what it is.
      const bool is_static = line.starts_with("STATIC ERROR:") && place;
      problem.message = is_static ? without_front(text.substr(place->end), ":") : text;
      if (!is_static) continue;
    }
    if (!place) continue;
    if (problem.line == 0) {
      problem.file = place->file;
      problem.line = place->line;
      problem.column = place->column;
    } else if (callers.size() < 3) {
      callers.push_back(format("{}:{}:{}", place->file, place->line, place->column));
    }
  }
  if (!callers.empty()) problem.hint = "called from " + join(callers, ", ");
  // An argument that is missing in a call of the file's own is no option's matter.
  const bool is_of_file = problem.message.starts_with("function") && problem.line != 0;
  if (const auto option = option_for(problem.message); !option.empty() && !is_of_file) {
    problem.hint = option + (problem.hint.empty() ? "" : "; " + problem.hint);
  }
  return problem;
}

namespace {

/// How what the child returns begins.
constexpr char is_json = 'j';
constexpr char is_words = 'w';    ///< of libjsonnet, about what is wrong
constexpr char is_refusal = 'r';  ///< of ours

std::string evaluate(const std::string& file, const std::string& text,
                     const JsonnetSettings& settings, FileSystem& files) {
  const Vm vm(jsonnet_make());
  if (!vm) throw std::bad_alloc();
  set_texts(vm.get(), settings);
  const Imports imports(vm.get(), settings, files);
  int failed = 0;
  char* result = jsonnet_evaluate_snippet(vm.get(), file.c_str(), text.c_str(), &failed);
  const std::size_t size = std::strlen(result);
  std::string answer;
  if (failed == 0 && size > most_bytes) {
    answer = format("{}it makes {} bytes of JSON, more than {} MiB", is_refusal, size,
                    most_bytes >> 20U);
  } else {
    answer = std::string(1, failed == 0 ? is_json : is_words) + std::string(result, size);
  }
  jsonnet_realloc(vm.get(), result, 0);
  return answer;
}

std::string why_it_ended(ChildEnd end, const ChildLimits& limits) {
  switch (end) {
    case ChildEnd::OutOfTime:
      return format("its evaluation did not end within {} s: does it end at all?",
                    std::chrono::duration<double>(limits.time).count());
    case ChildEnd::OutOfMemory:
      return format("its evaluation takes more than {} MiB of memory", limits.memory >> 20U);
    case ChildEnd::TooLong:
      return format("it makes more than {} MiB of JSON", most_bytes >> 20U);
    case ChildEnd::Returned:
    case ChildEnd::Died:
      break;
  }
  return "its evaluation died: it may be nested too deeply, or memory was short";
}

}  // namespace

std::optional<std::string> evaluate_jsonnet(const std::string& file, const std::string& text,
                                            const JsonnetSettings& settings, FileSystem& files,
                                            Diagnostics& problems) {
  const auto refuse = [&](const std::string& why) {
    problems.add({.file = file, .pointer = "", .message = why, .hint = ""});
    return std::nullopt;
  };
  if (text.find('\0') != std::string::npos) return refuse("this is no text: it holds a byte 0");
  ChildLimits limits = settings.limits;
  limits.bytes = most_bytes + 1;
  auto answer = call_in_child([&] { return evaluate(file, text, settings, files); }, limits);
  if (!answer) throw Error(answer.error());
  if (answer->end != ChildEnd::Returned || answer->bytes.empty()) {
    return refuse(why_it_ended(answer->end, limits));
  }
  const char kind = answer->bytes.front();
  answer->bytes.erase(0, 1);
  if (kind == is_json) return std::move(answer->bytes);
  if (kind == is_refusal) return refuse(answer->bytes);
  problems.add(jsonnet_problem(file, answer->bytes));
  return std::nullopt;
}

}  // namespace cls::cli
