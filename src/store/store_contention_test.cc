// SPDX-License-Identifier: Apache-2.0
// Many writers of one key, in processes and in threads: no update is lost, nothing goes wrong.
#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

constexpr int workers = 8;

class StoreContention : public StoreKinds {
 protected:
  /// Runs `work` in eight threads that share the store.
  void run_threads(const std::function<bool(ObjectStore&, int)>& work) {
    std::vector<std::thread> threads;
    threads.reserve(workers);
    std::atomic<int> failed{0};
    for (int worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&, worker] {
        if (!work(store(), worker)) ++failed;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
  }

  /// Runs `work` in eight processes with a store each (of files), or else in eight threads.
  void run(const std::function<bool(ObjectStore&, int)>& work) {
    if (!on_files()) return run_threads(work);
    std::vector<pid_t> children;
    for (int worker = 0; worker < workers; ++worker) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        PosixFileSystem files;
        FileStore own(files, layout());
        ::_exit(work(own, worker) ? 0 : 1);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, StoreContention, all_kinds, kind_name);

bool increment(ObjectStore& store, const Uri& uri, int times) {
  for (int done = 0; done < times;) {
    const auto object = store.get(uri);
    if (!object) return false;
    const auto replaced =
        store.replace_if(uri, object->info.etag, std::to_string(std::stoi(object->bytes) + 1));
    if (replaced) ++done;
    if (!replaced && replaced.error().code != FailureCode::Conflict) return false;
  }
  return true;
}

TEST_P(StoreContention, NoIncrementIsLost) {
  const int times = on_s3() ? 50 : GetParam() == StoreKind::FileOnDisk ? 1'000 : 10'000;
  ASSERT_TRUE(store().put_if_absent(uri("count/er"), "0"));
  run([&](ObjectStore& own, int) { return increment(own, uri("count/er"), times); });
  EXPECT_EQ(store().get(uri("count/er")).value().bytes, std::to_string(workers * times));
}

TEST_P(StoreContention, ThreadsMayShareAStore) {
  ASSERT_TRUE(store().put_if_absent(uri("count/er"), "0"));
  run_threads([&](ObjectStore& shared, int worker) {
    for (int i = 0; i < 50; ++i) {
      if (!increment(shared, uri("count/er"), 1)) return false;
      const Uri mine = uri(format("d{}/{}", i % 7, worker));
      if (!shared.put(mine, "x") || !shared.list({uri("d"), "", "", 20})) return false;
      if (!shared.remove(mine)) return false;
    }
    return true;
  });
  EXPECT_EQ(store().get(uri("count/er")).value().bytes, std::to_string(workers * 50));
}

TEST_P(StoreContention, OneOfManyCreatesEachObject) {
  constexpr int objects = 60;
  run([&](ObjectStore& own, int worker) {
    for (int i = 0; i < objects; ++i) {
      const auto put = own.put_if_absent(uri(format("n/{}", i)), std::to_string(worker));
      if (!put && put.error().code != FailureCode::Conflict) return false;
      if (put && !own.put_if_absent(uri(format("won/{}/{}", i, worker)), "")) return false;
    }
    return true;
  });
  std::set<std::string> winners;
  ASSERT_TRUE(for_each_object(store(), uri("won/"),
                              [&](const ObjectInfo& info) { winners.insert(info.uri.key); }));
  EXPECT_EQ(winners.size(), std::size_t{objects});
  for (int i = 0; i < objects; ++i) {
    const std::string winner = store().get(uri(format("n/{}", i))).value().bytes;
    EXPECT_EQ(winners.count(format("won/{}/{}", i, winner)), 1U);
  }
}

TEST_P(StoreContention, DirectoriesThatComeAndGo) {
  // Every delete may take the directories away that the others are about to write in. versitygw
  // refuses a write then, now and then; there each worker has directories of its own.
  const int times = GetParam() == StoreKind::FileOnDisk || on_s3() ? 60 : 500;
  run([&](ObjectStore& own, int worker) {
    for (int i = 0; i < times; ++i) {
      const Uri mine = uri(format("x{}/y/z/{}", on_gateway() ? worker : 0, worker));
      const auto etag = own.put_if_absent(mine, std::to_string(i));
      if (!etag || own.get(mine).value().bytes != std::to_string(i)) return false;
      if (i % 2 == 0 ? !own.delete_if(mine, *etag) : !own.remove(mine)) return false;
    }
    return true;
  });
  EXPECT_TRUE(store().list({uri(""), "", "", 10}).value().objects.empty());
  if (on_files()) {
    EXPECT_FALSE(std::filesystem::exists(directory_->path() + "/s3/bucket/x0"));
    EXPECT_TRUE(std::filesystem::exists(directory_->path() + "/s3/bucket"));
  }
}

TEST_P(StoreContention, AReaderSeesWholeObjectsOnly) {
  const std::string a(300'000, 'a');
  const std::string b(200'000, 'b');
  ASSERT_TRUE(store().put(uri("k"), a));
  run([&](ObjectStore& own, int worker) {
    for (int i = 0; i < 60; ++i) {
      if (worker < 2 && !own.put(uri("k"), worker == 0 ? a : b)) return false;
      const auto object = own.get(uri("k"));
      if (!object || (object->bytes != a && object->bytes != b)) return false;
      if (object->info.size != object->bytes.size()) return false;
    }
    return true;
  });
}

}  // namespace
}  // namespace cls::store
