// SPDX-License-Identifier: Apache-2.0
#include "local/database.h"

#include <sqlite3.h>

#include "base/format.h"

namespace cls::local {

namespace {

constexpr int busy_timeout_ms = 30'000;

}  // namespace

Database::Database(const std::string& path) {
  if (sqlite3_open_v2(path.c_str(), &handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    const std::string why = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw Error(format("open {}: {}", path, why));
  }
  sqlite3_busy_timeout(handle_, busy_timeout_ms);
  try {
    execute("PRAGMA journal_mode=WAL");
    // The index is rebuilt from the records after a power cut: it needs no fsync per change.
    execute("PRAGMA synchronous=NORMAL");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::raise(std::string_view doing) const {
  const int code = sqlite3_errcode(handle_);
  const bool passing = code == SQLITE_FULL || code == SQLITE_BUSY || code == SQLITE_LOCKED;
  const bool damaged = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
  if (damaged) {
    throw DamageError(
        format("index cls.db: {}: {}; it is damaged", doing, sqlite3_errmsg(handle_)));
  }
  if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) {
    throw Error(
        format("{}: the index cannot be written ({}: {}): see that the folder can be, and "
               "who owns what is in it",
               sqlite3_db_filename(handle_, "main"), doing, sqlite3_errmsg(handle_)));
  }
  throw Error(format("index cls.db: {}: {}", doing, sqlite3_errmsg(handle_)),
              passing ? ExitCode::Temporary : ExitCode::Failed);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) raise(sql);
}

std::int64_t Database::changes() const {
  return sqlite3_changes(handle_);
}

bool Database::is_sound() {
  Statement check(*this, "PRAGMA quick_check(1)");
  return check.step() && check.text(0) == "ok";
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (sqlite3_prepare_v2(database_.handle(), sql.data(), static_cast<int>(sql.size()), &statement_,
                         nullptr) != SQLITE_OK) {
    database_.raise(sql);
  }
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int index, std::string_view text) {
  if (sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                        SQLITE_TRANSIENT) != SQLITE_OK) {
    database_.raise("bind");
  }
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  if (sqlite3_bind_int64(statement_, index, number) != SQLITE_OK) database_.raise("bind");
  return *this;
}

Statement& Statement::bind_bytes(int index, std::string_view bytes) {
  if (sqlite3_bind_blob64(statement_, index, bytes.data(), bytes.size(), SQLITE_STATIC) !=
      SQLITE_OK) {
    database_.raise("bind");
  }
  return *this;
}

Statement& Statement::bind_null(int index) {
  if (sqlite3_bind_null(statement_, index) != SQLITE_OK) database_.raise("bind");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.raise(sqlite3_sql(statement_));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

std::string Statement::text(int column) const {
  const void* text = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return text == nullptr ? "" : std::string(static_cast<const char*>(text), size);
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {  // SQLite rolls back by itself where it cannot be told to
    open_ = false;
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace cls::local
