#include "app/data_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/secret_file.h"
#include "model/names.h"

namespace snapgate::app {
namespace {

using base::Code;
using base::Error;
using base::Result;

// The first start's writes. The key's file goes first: a key that is known and not in the store is
// made anew at the next start, one that is in the store and not known would be lost.
Result<void> make_first(DataDirectory& data) {
    access::NewKey admin =
        access::make_key("admin", access::Role::kAdmin, "", data.store->now_ms(), std::nullopt);
    SNAPGATE_TRY(base::write_secret(data.admin_key_file(), admin.text + "\n"));
    access::Project project{base::random_uid(), std::string(access::kDefaultProject)};
    return data.store->write_and_wait(store::Priority::kRequest,
                                      [&](store::WriteTxn& txn) -> Result<void> {
                                          SNAPGATE_TRY(access::create_project(txn, project));
                                          return access::create_key(txn, admin.key);
                                      });
}

Result<void> reload(DataDirectory& data) {
    store::ReadView view = data.store->read();
    SNAPGATE_TRY(data.projects.reload(view));
    SNAPGATE_TRY(data.clusters.reload(view));
    return data.keys.reload(view);
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const store::StoreOptions& options) {
    auto data = std::make_unique<DataDirectory>();
    data->path = options.directory;
    SNAPGATE_ASSIGN(data->store, store::Store::open(options));
    SNAPGATE_ASSIGN(data->signer, query::TokenSigner::open(data->path / "token.key"));
    SNAPGATE_TRY(reload(*data));
    if (data->keys.keys()->empty()) {
        SNAPGATE_TRY(make_first(*data));
        SNAPGATE_TRY(reload(*data));
        data->first_start = true;
    }
    return data;
}

Result<std::string> create_key_offline(const std::filesystem::path& data_dir, std::string_view name,
                                       std::string_view role, std::string_view project,
                                       std::optional<base::Millis> expires) {
    // Anywhere else a store would be made, and the key would open nothing.
    if (!std::filesystem::exists(data_dir / "store" / "data.mdb")) {
        return Error(Code::kNotFound,
                     fmt::format("{} is not a data directory of snapgate", data_dir.string()));
    }
    if (!model::is_display_name(name)) {
        return Error(Code::kInvalidParameter,
                     "a key's name is 1 to 128 printable characters without blanks at its ends");
    }
    auto parsed = access::parse_role(role);
    if (!parsed) return Error(Code::kInvalidParameter, parsed.error().message, "role");
    store::StoreOptions options;
    options.directory = data_dir;
    options.background_compaction = false;
    SNAPGATE_ASSIGN(auto data, DataDirectory::open(options));
    std::string uid;
    if (!project.empty()) {
        auto projects = data->projects.snapshot();
        for (const auto& [other, row] : *projects) {
            if (other == project) uid = other;
            if (uid.empty() && row.name == project) uid = other;
        }
        if (uid.empty())
            return Error(Code::kNotFound, fmt::format("there is no project {}", project));
    }
    int64_t now_ms = data->store->now_ms();
    std::optional<int64_t> expires_ms;
    if (expires) expires_ms = now_ms + expires->count();
    access::NewKey made = access::make_key(std::string(name), *parsed, uid, now_ms, expires_ms);
    SNAPGATE_TRY(data->store->write_and_wait(store::Priority::kRequest, [&](store::WriteTxn& txn) {
        return access::create_key(txn, made.key);
    }));
    return made.text;
}

}  // namespace snapgate::app
