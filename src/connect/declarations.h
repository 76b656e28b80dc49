#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/projects.h"
#include "base/clock.h"
#include "json/value.h"

namespace snapgate::connect {

// What a file may say of a project and of a cluster.
inline constexpr std::array<std::string_view, 3> kProjectMembers = {"name", "uid", "quota"};
inline constexpr std::array<std::string_view, 8> kClusterMembers = {
    "name", "uid", "project", "kubeconfig", "context", "in-cluster", "hosted", "expected-every"};

// A project as a file declares it.
struct DeclaredProject {
    std::string name;
    std::string uid;                     // "": found by its name, or made at random
    std::optional<access::Quota> quota;  // nullopt: what it is stays
    std::string place;                   // projects[2]

    bool operator==(const DeclaredProject&) const = default;
};

// A cluster as a file declares it.
struct DeclaredCluster {
    std::string name;
    std::string uid;      // "": found by its name, or made at random
    std::string project;  // name or uid; "" for the usual one
    // One of three: a kubeconfig, and the context in it ("" for the current one); the account that
    // Kubernetes gives to this process in a pod; no connection, for a hosted cluster.
    std::filesystem::path kubeconfig;
    std::string context;
    bool in_cluster = false;
    bool hosted = false;
    // Of a hosted one, how often it is imported into; nullopt: what it is stays.
    std::optional<base::Millis> expected_every;
    std::string place;  // clusters[3]

    bool operator==(const DeclaredCluster&) const = default;
};

// What is wrong with one element of a file. The others hold.
struct DeclarationFault {
    std::string place;  // clusters[3].uid
    std::string message;
    // The element's name and uid, as far as they can be read. What it declared before stays as it
    // is.
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::string name = {};
    std::string uid = {};
    // NOLINTEND(readability-redundant-member-init)
};

// What a file declares.
struct Declarations {
    std::string file;                     // its name
    std::map<std::string, size_t> lines;  // of its elements and their members, by their place
    std::vector<DeclaredProject> projects;
    std::vector<DeclaredCluster> clusters;
    std::vector<DeclarationFault> faults;

    // Whether it is known what is missing in the file: not, if there is an element of `list`
    // (clusters) of which nothing can be told but that it is wrong.
    bool tells_all(std::string_view list) const;

    // A fault for people: clusters.yaml:12: clusters[3].uid: must be ...
    std::string text(const DeclarationFault& fault) const;
};

// Who reads the file. Only the server's own configuration file may declare the cluster that the
// server runs in.
enum class DeclaredTo { kServer, kCommand };

// Whether `name` is a list of declarations: projects or clusters.
bool is_declaration(std::string_view name);

// The declarations of a file, none of which has been read. `text` is that of the file, for the
// lines of its elements.
Declarations begin_declarations(const std::filesystem::path& file, std::string_view text);

// Reads the list `name` of a document into `declarations`. Relative paths are those of the file's
// folder. An element that is wrong becomes a fault; no message has more of it than names of members
// and of clusters.
void read_declarations(Declarations& declarations, std::string_view name, const json::Value& value,
                       DeclaredTo to);

}  // namespace snapgate::connect
