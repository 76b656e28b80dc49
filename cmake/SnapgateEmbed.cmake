# snapgate_embed(TARGET NAMESPACE NAME FILE): the text of FILE as a std::string_view, declared in
# "<name>.h" style by whoever uses it: namespace NAMESPACE { extern const std::string_view NAME; }
function(snapgate_embed target namespace name file)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cpp)
  file(READ ${input} content)
  # A string literal that is very long is an extension; so it is made of many.
  string(REGEX REPLACE "\n" "\n)text\"\nR\"text(" content "${content}")
  set(text "#include <string_view>\nnamespace ${namespace} {\nextern const std::string_view ${name};\nconst std::string_view ${name} =\nR\"text(${content})text\";\n}\n")
  file(GENERATE OUTPUT ${output} CONTENT "${text}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${input})
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()
