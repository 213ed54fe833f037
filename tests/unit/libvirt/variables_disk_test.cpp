#include "drivers/libvirt/domain/variables_disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bench/base/error.h"
#include "bench/base/files.h"
#include "bench/base/subprocess.h"
#include "drivers/libvirt/domain/registry.h"
#include "support/own_state.h"

namespace bench {
namespace {

class VariablesDisk : public OwnState {};

TEST_F(VariablesDisk, IsAScriptOfWholeSectorsThatAShellReadsBack) {
  const Variables variables{
      {"A", "it's $HOME \"x\" `id`"}, {"B", "two\nlines\n"}, {"C", ""}, {"D", "~/\\ ä"}};
  const auto disk = instance_files("bench-variables-1").variables;
  make_variables_disk(variables, disk);
  EXPECT_EQ(file_text(disk).size() % 512, 0U);
  struct stat status {};
  ASSERT_EQ(::stat(disk.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U) << "nobody else reads it";
  for (const auto& [name, value] : variables) {
    EXPECT_EQ(check_command({"sh", "-c", ". \"$0\" && printenv \"$1\"", disk.string(), name}), value + "\n");
  }
  EXPECT_THROW(make_variables_disk(variables, disk), Error) << "somebody else's";
  remove_instance_files("bench-variables-1");
  EXPECT_FALSE(std::filesystem::exists(disk)) << "it goes with the instance";
}

}  // namespace
}  // namespace bench
