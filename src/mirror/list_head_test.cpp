#include "mirror/list_head.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::mirror {
namespace {

// "" for a good head, else what is wrong with it.
std::string fault(std::string kind, std::string version, ListForm form) {
    json::ListHead head;
    head.kind = std::move(kind);
    head.version = std::move(version);
    const auto checked = check_list_head(head, cluster::snapshots(), form);
    return checked ? "" : checked.error().message;
}

TEST(ListHeadTest, IsOfTheKindAndHasAVersion) {
    const std::string kind = "VirtualMachineSnapshotList";
    EXPECT_EQ(fault(kind, "7", ListForm::kObjects), "");
    EXPECT_EQ(fault("PodList", "7", ListForm::kObjects),
              "the cluster answered no VirtualMachineSnapshotList");
    for (const char* version : {"", "a b", "\"7\""}) {
        EXPECT_EQ(fault(kind, version, ListForm::kObjects),
                  "the cluster answered a VirtualMachineSnapshotList without a valid version");
    }
}

TEST(ListHeadTest, ListsOfMetadataHaveTheirOwnKindOrTheObjects) {
    EXPECT_EQ(fault("PartialObjectMetadataList", "7", ListForm::kMetadata), "");
    EXPECT_EQ(fault("VirtualMachineSnapshotList", "7", ListForm::kMetadata), "");
    EXPECT_NE(fault("PartialObjectMetadataList", "7", ListForm::kObjects), "");
    EXPECT_NE(fault("PartialObjectMetadataList", "", ListForm::kMetadata), "");
    EXPECT_NE(fault("PodList", "7", ListForm::kMetadata), "");
    EXPECT_NE(fault("Status", "7", ListForm::kMetadata), "");
}

}  // namespace
}  // namespace snapgate::mirror
