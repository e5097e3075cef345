// SPDX-License-Identifier: Apache-2.0
// A thin owner of SQLite's handles; the only place that includes sqlite3.h is database.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cls::local {

class Database;

/// The file is no database, or damaged.
class DamageError final : public Error {
 public:
  using Error::Error;
};

/// A prepared statement. Reset by its destructor's owner; not thread-safe.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind_null(int index);
  /// Bytes that outlive the statement's run.
  Statement& bind_bytes(int index, std::string_view bytes);
  /// True while there is a row. Throws Error.
  bool step();
  /// Runs it to its end and resets it.
  void run();
  std::string text(int column) const;
  std::int64_t number(int column) const;
  void reset();

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// An open database in WAL mode. Throws Error on every failure, with SQLite's words; a full disk
/// and a lock that stays are Temporary. Not thread-safe: its owner has a mutex.
class Database {
 public:
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void execute(const char* sql);
  sqlite3* handle() const { return handle_; }
  [[noreturn]] void raise(std::string_view doing) const;
  std::int64_t changes() const;
  /// Looks through all of it; false, or DamageError, where it is damaged.
  bool is_sound();

 private:
  sqlite3* handle_ = nullptr;
};

/// An immediate transaction; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace cls::local
