# What a run's figures and conditions are derived by, as a number: stored figures of another number are derived anew.
function(bench_deriving_code root result)
  file(GLOB files LIST_DIRECTORIES false ${root}/bench/core/*.cpp ${root}/bench/core/*.h ${root}/bench/stats/*.cpp
       ${root}/bench/stats/*.h ${root}/bench/history/*.cpp ${root}/bench/history/*.h)
  list(SORT files)
  set(digests "")
  foreach(file ${files})
    file(SHA256 ${file} digest)
    file(RELATIVE_PATH name ${root} ${file})
    string(APPEND digests "${name} ${digest}\n")
  endforeach()
  string(SHA256 digest "${digests}")
  string(SUBSTRING ${digest} 0 7 digest)  # SQLite keeps a version in 31 bits
  set(${result} 0x${digest} PARENT_SCOPE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
endfunction()
