// SPDX-License-Identifier: Apache-2.0
#include "store/s3_xml.h"

#include <charconv>
#include <pugixml.hpp>

#include "base/format.h"
#include "base/uri.h"

namespace cls::store::s3_xml {

namespace {

bool load(pugi::xml_document& document, std::string_view body) {
  // Text of nothing but spaces counts: a key may be one.
  constexpr unsigned options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  return document.load_buffer(body.data(), body.size(), options, pugi::encoding_utf8).status ==
         pugi::status_ok;
}

std::string child(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().get();
}

/// As `encoding-type=url` encodes keys: `+` is a space.
Result<std::string> decoded(std::string text, bool encoded) {
  if (!encoded) return text;
  for (auto& c : text) {
    if (c == '+') c = ' ';
  }
  return percent_decode(text);
}

std::string without_quotes(std::string etag) {
  if (etag.size() > 1 && etag.front() == '"' && etag.back() == '"') {
    return etag.substr(1, etag.size() - 2);
  }
  return etag;
}

Result<Page::Entry> read_entry(const pugi::xml_node& node, bool encoded) {
  Page::Entry entry;
  auto key = decoded(child(node, "Key"), encoded);
  if (!key) return pass(std::move(key));
  entry.key = std::move(*key);
  const std::string size = child(node, "Size");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), entry.size);
  if (error != std::errc{} || end != size.data() + size.size()) {
    return fail(FailureCode::Invalid, format("'{}' is no size", size));
  }
  auto modified = parse_instant(child(node, "LastModified"));
  if (!modified) return pass(std::move(modified));
  entry.modified = *modified;
  entry.etag = without_quotes(child(node, "ETag"));
  return entry;
}

Error read_error_node(const pugi::xml_node& node) {
  return {.code = child(node, "Code"),
          .message = child(node, "Message"),
          .region = child(node, "Region")};
}

class Text final : public pugi::xml_writer {
 public:
  void write(const void* data, std::size_t size) override {
    text_.append(static_cast<const char*>(data), size);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string print(const pugi::xml_document& document) {
  Text text;
  document.save(text, "", pugi::format_raw);
  return text.take();
}

}  // namespace

Error read_error(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return {};
  pugi::xml_node node = document.child("Error");
  if (!node) node = document.child("ErrorResponse").child("Error");
  return read_error_node(node);
}

std::optional<Error> error_under_200(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return Error{.code = "NoDocument", .message = "no XML"};
  const auto node = document.child("Error");
  if (!node) return std::nullopt;
  return read_error_node(node);
}

Result<Page> read_page(std::string_view body) {
  pugi::xml_document document;
  const auto refuse = [](std::string_view why) {
    return fail(FailureCode::Invalid, format("the listing cannot be read: {}", why));
  };
  if (!load(document, body)) return refuse("it is no XML");
  const auto root = document.child("ListBucketResult");
  if (!root) return refuse("it is no ListBucketResult");
  const bool encoded = child(root, "EncodingType") == "url";
  Page page{.truncated = child(root, "IsTruncated") == "true",
            .token = child(root, "NextContinuationToken")};
  for (const auto& node : root.children("Contents")) {
    auto entry = read_entry(node, encoded);
    if (!entry) return refuse(entry.error().message);
    page.objects.push_back(std::move(*entry));
  }
  for (const auto& node : root.children("CommonPrefixes")) {
    auto prefix = decoded(child(node, "Prefix"), encoded);
    if (!prefix) return refuse(prefix.error().message);
    page.prefixes.push_back(std::move(*prefix));
  }
  return page;
}

std::string text_of(std::string_view body, const char* element) {
  pugi::xml_document document;
  if (!load(document, body)) return {};
  const auto node = document.find_node(
      [&](const pugi::xml_node& one) { return std::string_view(one.name()) == element; });
  return without_quotes(node.text().get());
}

std::vector<std::pair<std::string, Error>> read_undeleted(std::string_view body) {
  std::vector<std::pair<std::string, Error>> undeleted;
  pugi::xml_document document;
  if (!load(document, body)) return undeleted;
  for (const auto& node : document.child("DeleteResult").children("Error")) {
    undeleted.emplace_back(child(node, "Key"), read_error_node(node));
  }
  return undeleted;
}

std::string delete_request(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  auto root = document.append_child("Delete");
  root.append_child("Quiet").text().set("true");
  for (const auto& key : keys) {
    root.append_child("Object").append_child("Key").text().set(key.c_str());
  }
  return print(document);
}

std::string complete_request(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  auto root = document.append_child("CompleteMultipartUpload");
  for (std::size_t i = 0; i < etags.size(); ++i) {
    auto part = root.append_child("Part");
    part.append_child("PartNumber").text().set(static_cast<unsigned>(i + 1));
    part.append_child("ETag").text().set(("\"" + etags[i] + "\"").c_str());
  }
  return print(document);
}

}  // namespace cls::store::s3_xml
