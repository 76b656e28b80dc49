#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/environment.h"
#include "store/rows.h"
#include "store/store_testing.h"

namespace snapgate::store {

// A store whose rows a test changes behind its back. Each change closes the store.
class ChangedRowsFixture : public StoreFixture {
  protected:
    using Change = std::function<base::Result<void>(engine::WriteTransaction&)>;
    void change_rows(const Change& change) {
        store_.reset();
        auto environment = open_rows();
        ASSERT_TRUE(environment);
        auto rows = (*environment)->write();
        ASSERT_TRUE(rows);
        ASSERT_TRUE(change(*rows));
        ASSERT_TRUE(rows->commit());
    }

    // Changes the bytes of a row as they are stored, its checksum first.
    void damage_row(std::string_view key, const std::function<void(std::string&)>& damage) {
        std::string stored = stored_row(key);
        damage(stored);
        change_rows([&](engine::WriteTransaction& rows) { return rows.put_plain(key, stored); });
    }
    // Puts these bytes in the room for the facts of a version that has none.
    static base::Result<void> give_facts(engine::WriteTransaction& rows, std::string_view key,
                                         std::string_view facts) {
        SNAPGATE_ASSIGN(const auto value, rows.get(key));
        return rows.put(key, with_facts(value.value(), facts));
    }
    static void flip(std::string& bytes, size_t bit) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    }

    // Puts a row under another key, as if the key had been damaged.
    void move_row(std::string_view from, std::string_view to) {
        const std::string stored = stored_row(from);
        change_rows([&](engine::WriteTransaction& rows) -> base::Result<void> {
            SNAPGATE_ASSIGN(const bool erased, rows.erase(from));
            EXPECT_TRUE(erased);
            return rows.put_plain(to, stored);
        });
    }
    // Whether there is such a row. Closes the store.
    bool has_row(std::string_view key) {
        store_.reset();
        auto environment = open_rows();
        EXPECT_TRUE(environment);
        const auto value = (*environment)->read()->get(key);
        EXPECT_TRUE(value);
        return value && value->has_value();
    }

  private:
    base::Result<std::unique_ptr<engine::Environment>> open_rows() const {
        return engine::Environment::open(
            {.directory = directory_.path() / "store", .map_bytes = 1 << 30});
    }
    std::string stored_row(std::string_view key) {
        store_.reset();
        auto environment = open_rows();
        EXPECT_TRUE(environment);
        auto rows = (*environment)->read();
        auto cursor = rows->cursor();
        EXPECT_TRUE(*cursor->seek(key));
        EXPECT_EQ(cursor->key(), key);
        return std::string(cursor->stored());
    }
};

}  // namespace snapgate::store
