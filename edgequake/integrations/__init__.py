"""EdgeQuake inside other people's software: a module for each, loaded only when it is imported.

============================================  ===============  =====================================================
module                                        extra            what it is
============================================  ===============  =====================================================
:mod:`edgequake.integrations.openai_api`      ``gateway``      OpenAI's API and the AI SDK's chat over any client
:mod:`edgequake.integrations.langchain`       ``langchain``    a chat model and a retriever
:mod:`edgequake.integrations.llamaindex`      ``llamaindex``   a query engine and a retriever
:mod:`edgequake.integrations.mcp`             ``mcp``          tools and documents for assistants
============================================  ===============  =====================================================
"""
