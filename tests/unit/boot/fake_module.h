#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

namespace bench::test {

/// As little of a kernel module as says what it needs: an ELF file with a section .modinfo.
inline std::string fake_module(const std::vector<std::string>& info) {
  std::string strings("\0.modinfo\0", 10);
  std::string text;
  for (const auto& line : info) text += line + '\0';
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_shnum = 3;
  head.e_shstrndx = 1;
  head.e_shoff = sizeof head + strings.size() + text.size();
  Elf64_Shdr sections[3] = {};
  sections[1].sh_offset = sizeof head;
  sections[1].sh_size = strings.size();
  sections[2].sh_name = 1;
  sections[2].sh_offset = sizeof head + strings.size();
  sections[2].sh_size = text.size();
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + strings + text +
         std::string(reinterpret_cast<const char*>(sections), sizeof sections);
}

}  // namespace bench::test
